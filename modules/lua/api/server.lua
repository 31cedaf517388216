return {
  name = "server",
  summary = "HTTP servers in this process; each request runs in a task of its own.",
  functions = {
    { "listen(options: server.options): server.listener", "Takes requests from now on.",
      raises = "{code=\"LISTEN\"}: the address is taken, or is none" },
  },
  classes = {
    ["server.options"] = { "What server.listen takes.", fields = {
      { "handler: fun(request: server.request): integer, table<string, string>, string", "answers status, headers, body" },
      { "address?: string", "127.0.0.1" }, { "port?: integer", "0: a free one" }, { "body_limit?: integer", "bytes, 65536" },
      { "name?: string", "for the log" }, { "reuse_port?: boolean", "false" },
    } },
    ["server.request"] = { "What a handler gets.", fields = {
      { "id: string", "" }, { "method: string", "" }, { "target: string", "raw path?query" }, { "path: string", "raw" },
      { "query_string: string", "raw" }, { "headers: table<string, string>", "by lower-case name" }, { "body: string", "" },
      { "remote: string", "the caller's address" },
    } },
    ["server.listener"] = { "A server; closed when it is collected or its <close> variable ends.", fields = {
      { "port: integer", "" }, { "url: string", "" }, { "address: string", "" },
    }, methods = {
      { "close()", "Ends it and the requests under way." },
      { "drain()", "Takes no new connection; requests under way go on." },
      { "active(): integer", "How many requests are being answered." },
    } },
  },
}
