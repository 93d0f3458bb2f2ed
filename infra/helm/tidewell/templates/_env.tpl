{{/* A role's variables: what the chart sets, then the values' env, then the role's own, the later winning. */}}
{{- define "tidewell.env" -}}
{{- $store := .root.Values.store -}}
{{- $set := dict
  "TIDEWELL_BIND" "0.0.0.0:8086"
  "TIDEWELL_STORE" $store.url
  "TIDEWELL_WAL_MODE" $store.walMode
  "TIDEWELL_WAL_DIR" "/data/wal"
  "TIDEWELL_MAINTAIN_INTERVAL_MS" "0"
  "TIDEWELL_LOG_FILTER" .root.Values.logFilter
  "AWS_REGION" $store.region -}}
{{- if $store.endpoint -}}
{{- $_ := set $set "AWS_ENDPOINT_URL" $store.endpoint -}}
{{- end -}}
{{- if $store.walStores -}}
{{- $_ := set $set "TIDEWELL_WAL_STORE" (join "," $store.walStores) -}}
{{- end -}}
{{- $all := mergeOverwrite $set (deepCopy .root.Values.env) (deepCopy .role.env) -}}
{{- range $name, $value := $all }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end -}}
