{{- /* The pods of a Deployment of ours: what is the same in both. */ -}}
{{- define "vsphere-sources.pod" -}}
enableServiceLinks: false
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
topologySpreadConstraints:
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Its container: that image, and a file system that is read only. */ -}}
{{- define "vsphere-sources.container" -}}
image: {{ include "vsphere-sources.image" . | quote }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
lifecycle:
  preStop:
    exec:
      command: [sleep, "10"]
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  readOnlyRootFilesystem: true
{{- end }}

{{- /* Its probes, at the port of that name. */ -}}
{{- define "vsphere-sources.probes" -}}
livenessProbe:
  httpGet:
    {{- with .scheme }}
    scheme: {{ . }}
    {{- end }}
    path: /healthz
    port: {{ .port }}
  periodSeconds: 10
  timeoutSeconds: 5
readinessProbe:
  httpGet:
    {{- with .scheme }}
    scheme: {{ . }}
    {{- end }}
    path: /readyz
    port: {{ .port }}
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}

{{- /* Who binds workloads, told to both Deployments. */ -}}
{{- define "vsphere-sources.scope" -}}
- name: NAMESPACE
  value: {{ .Release.Namespace }}
- name: EXTRA_SUBJECTS
  value: {{ include "vsphere-sources.extraSubjects" . | quote }}
- name: BIND_OPT_IN
  value: {{ .Values.optIn.enabled | quote }}
{{- end }}

{{- /* A budget for the pods of that name, unless it would forbid every drain. */ -}}
{{- define "vsphere-sources.budget" -}}
{{- if and .root.Values.podDisruptionBudget.enabled (gt (int .replicas) 1) }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "vsphere-sources.labels" .root | nindent 4 }}
spec:
  minAvailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
{{- end }}
{{- end }}
