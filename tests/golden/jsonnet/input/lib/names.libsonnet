{ web: 'web', api: 'api' }
