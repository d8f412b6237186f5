local k = import 'k.libsonnet';
local names = import 'names.libsonnet';
local near = import 'near.libsonnet';
function(replicas) [
  k.config(names.web, { mode: std.extVar('mode'), replicas: std.toString(replicas), near: near }),
  { apiVersion: 'v1', kind: 'List', items: [k.config(names.api, {})] },
]
