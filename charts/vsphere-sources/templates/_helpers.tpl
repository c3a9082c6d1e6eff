{{- /* Labels of every object, and of nothing inside it. */ -}}
{{- define "vsphere-sources.labels" -}}
app.kubernetes.io/part-of: vsphere-sources
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "vsphere-sources.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "vsphere-sources.adapterImage" -}}
{{ .Values.adapterImage.repository }}:{{ .Values.adapterImage.tag | default .Chart.AppVersion }}
{{- end }}

{{- /*
What the hooks answer depends on these. A change of any makes Metacontroller ask again for every
object, and only the hooks that know of the change.
*/ -}}
{{- define "vsphere-sources.revision" -}}
{{- $image := include "vsphere-sources.image" . -}}
{{- $adapter := include "vsphere-sources.adapterImage" . -}}
{{- $extra := include "vsphere-sources.extraSubjects" . -}}
{{- $scope := printf "%s %t" $extra .Values.optIn.enabled -}}
{{- $decisive := printf "%s %s %s %s" $image $adapter .Values.clusterDomain $scope -}}
{{ .Chart.AppVersion }}-{{ sha256sum $decisive | trunc 8 }}
{{- end }}

{{- /* The kinds of extraSubjects as the hooks read them. */ -}}
{{- define "vsphere-sources.extraSubjects" -}}
{{- $kinds := list -}}
{{- range .Values.extraSubjects -}}
{{- $kinds = append $kinds (printf "%s/%s" .group .kind) -}}
{{- end -}}
{{ join "," $kinds }}
{{- end }}
