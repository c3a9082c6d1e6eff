{{- /* The hooks for one kind of object, at that path. */ -}}
{{- define "vsphere-sources.hooks" -}}
{{- $url := printf "http://vsphere-hooks.%s/%s" .root.Release.Namespace .path -}}
{{- $revision := include "vsphere-sources.revision" .root -}}
hooks:
  sync:
    version: v2
    webhook:
      url: {{ $url }}/sync?rev={{ $revision }}
      timeout: 10s
  customize:
    version: v2
    webhook:
      url: {{ $url }}/customize?rev={{ $revision }}
      timeout: 5s
{{- end }}

{{- /* The controller for workloads of one kind. */ -}}
{{- define "vsphere-sources.decorator" -}}
apiVersion: metacontroller.k8s.io/v1alpha1
kind: DecoratorController
metadata:
  name: vspherebinding-{{ .name }}
  labels:
    {{- include "vsphere-sources.labels" .root | nindent 4 }}
spec:
  resources:
  - apiVersion: {{ .apiVersion }}
    resource: {{ .resource }}
    ignoreStatusChanges: true
  {{- include "vsphere-sources.hooks" (dict "root" .root "path" "workload") | nindent 2 }}
{{- end }}

{{- /* What Metacontroller may do with workloads of some kinds. */ -}}
{{- define "vsphere-sources.subjectsRole" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: {{ .name }}
  labels:
    {{- include "vsphere-sources.labels" .root | nindent 4 }}
    sources.tanzu.vmware.com/subjects: "true"
rules:
{{- end }}
