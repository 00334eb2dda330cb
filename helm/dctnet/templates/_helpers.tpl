{{- define "dctnet.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Names stop at 54 characters, so that "-headless" still fits a DNS label of 63. */}}
{{- define "dctnet.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 54 | trimSuffix "-" }}
{{- else }}
{{- $name := include "dctnet.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 54 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 54 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "dctnet.selectorLabels" -}}
app.kubernetes.io/name: {{ include "dctnet.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "dctnet.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "dctnet.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "dctnet.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "dctnet.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "dctnet.image" -}}
{{- $tag := default .Chart.AppVersion .Values.image.tag }}
{{- if eq .Values.accelerator "nvidia" }}
{{- $tag = printf "%s%s" $tag .Values.nvidia.imageTagSuffix }}
{{- end }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository $tag }}
{{- end }}
{{- end }}

{{- define "dctnet.claimName" -}}
{{- default (include "dctnet.fullname" .) .Values.persistence.existingClaim }}
{{- end }}

{{/* The pod's resources, with the GPU limit of the accelerator switch. */}}
{{- define "dctnet.resources" -}}
{{- $resources := deepCopy .Values.resources }}
{{- if eq .Values.accelerator "nvidia" }}
{{- $gpu := dict "nvidia.com/gpu" (.Values.nvidia.gpuCount | int) }}
{{- $_ := set $resources "limits" (merge $gpu (default (dict) $resources.limits)) }}
{{- end }}
{{- toYaml $resources }}
{{- end }}

{{/* Values that are each valid and wrong together. */}}
{{- define "dctnet.validate" -}}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.watermark.existingSecret) }}
{{- fail "replicaCount > 1 needs watermark.existingSecret: without it every pod makes a key of its own, and none can read another's marks" }}
{{- end }}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.c2pa.existingSecret) (not (hasKey .Values.settings "C2pa__Pkcs12File")) (ne (get .Values.settings "C2pa__Enabled" | toString) "false") }}
{{- fail "replicaCount > 1 needs c2pa.existingSecret, or settings.C2pa__Enabled: false: without it every pod makes development certificates of its own, and none trusts another's" }}
{{- end }}
{{- if and .Values.c2pa.signerUrl (not .Values.c2pa.existingSecret) }}
{{- fail "c2pa.signerUrl needs c2pa.existingSecret with the signer's certificates" }}
{{- end }}
{{- if and (gt (int .Values.replicaCount) 1) (not .Values.ledger.postgres.existingSecret) (ne (get .Values.settings "Ledger__Enabled" | toString) "false") }}
{{- fail "replicaCount > 1 needs ledger.postgres.existingSecret, or settings.Ledger__Enabled: false: a SQLite ledger is one pod's own" }}
{{- end }}
{{- if and (gt (int .Values.replicaCount) 1) .Values.persistence.enabled (not .Values.persistence.existingClaim) (not (has "ReadWriteMany" .Values.persistence.accessModes)) }}
{{- fail "replicaCount > 1 with persistence.enabled needs persistence.accessModes: [ReadWriteMany]" }}
{{- end }}
{{- if hasKey (default (dict) .Values.resources.limits) "nvidia.com/gpu" }}
{{- fail "set GPUs with accelerator: nvidia and nvidia.gpuCount, not in resources.limits" }}
{{- end }}
{{- range $key, $_ := .Values.settings }}
{{- if regexMatch "(?i)^Watermark__Keys$" $key }}
{{- fail (printf "settings.%s would show the keys to everybody who can read the Deployment: put them into a Secret and name it in watermark.existingSecret" $key) }}
{{- end }}
{{- if regexMatch "(?i)^C2pa__Pkcs12Password$" $key }}
{{- fail (printf "settings.%s would show the password to everybody who can read the Deployment: put it into a Secret and set it in extraEnv with valueFrom.secretKeyRef" $key) }}
{{- end }}
{{- if regexMatch "(?i)^(Ports__.*|Drain__.*|Bulk__(MaxSpoolBytes|TimeToLiveMinutes|KeepOverRestart)|Limits__MaxConnectionAgeSeconds|Inference__ExecutionProvider|Watermark__KeyFile|C2pa__(CertificateFile|PrivateKeyFile|SignerUrl|TimeStampUrl|TrustFile|TimeStampTrustFile)|Ledger__PostgresConnectionString)$" $key }}
{{- fail (printf "settings.%s is set by the chart itself: ports are fixed; use accelerator, nvidia, drain, bulk, connections, watermark, c2pa and ledger for the others" $key) }}
{{- end }}
{{- end }}
{{- end }}
