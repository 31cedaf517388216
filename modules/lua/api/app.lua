return {
  name = "app",
  summary = "The ten endpoints in this process: the same router and scripts as drsh serve.",
  functions = {
    { "open(folder?: string, limits?: {instructions?: integer, memory?: integer}): app.application",
      "The endpoints of a folder of scripts, by default the program's." },
    { "reload()", "Looks at the program's scripts now, without waiting for a change on disk." },
  },
  class = "app.application",
  classes = {
    ["app.request"] = { "A request without a socket.", fields = {
      { "method: string", "" }, { "path: string", "with its query" }, { "headers?: table<string, string>", "" },
      { "body?: string", "JSON" }, { "dry_run?: boolean", "checks everything and writes nothing" },
      { "deadline?: number", "real seconds, 60" }, { "caller?: {name: string, roles: string[]}", "else DRSH_CALLER, DRSH_ROLES" },
    } },
    ["app.application"] = { "The endpoints of one folder.", methods = {
      { "handle(request: app.request): integer, table<string, string>, string", "Answers one request: status, headers, body. Waits." },
      { "listen(options: {address?: string, port?: integer, reuse_port?: boolean}): server.listener", "Serves them over HTTP." },
    } },
  },
}
