{{- define "cart.labels" -}}
app.kubernetes.io/name: cart
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
