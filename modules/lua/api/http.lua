return {
  name = "http", sandbox = true, source = "RFC 9110",
  summary = "HTTP requests. Any status is an answer; redirects are not followed.",
  functions = {
    { "request(options: http.request): http.response", "Sends one request and waits for its answer.",
      raises = "{code, message}: HTTP_URL, HTTP_REQUEST, HTTP_CONNECT, HTTP_TLS (nothing was sent); HTTP_RESET, HTTP_TIMEOUT, " ..
        "HTTP_TRUNCATED, HTTP_RESPONSE_TOO_LARGE, HTTP_PROTOCOL (it may have been carried out)" },
    { "open(options: http.request): http.streamed",
      "Sends one request and waits for the beginning of its answer; `timeout` limits its silences only.", raises = "as http.request" },
    { "over_socket(path: string, options: http.request): http.response",
      "The same through a UNIX socket, whatever the URL's host.", raises = "as http.request", trusted = true },
  },
  classes = {
    ["http.request"] = { "What http.request takes.", fields = {
      { "url: string", "http or https" }, { "method?: string", "GET" }, { "headers?: table<string, string|number>", "as sent" },
      { "body?: string", "bytes" }, { "timeout?: number", "real seconds for the whole exchange, 60" },
      { "connect_timeout?: number", "real seconds, 3.1" }, { "limit?: integer", "bytes of body at most, 67108864" },
      { "ca_bundle?: string", "a PEM file of whom to trust, else AWS_CA_BUNDLE or the system's" },
    } },
    ["http.response"] = { "An answer.", fields = {
      { "status: integer", "" }, { "headers: table<string, string>", "by lower-case name; several lines of one are joined" },
      { "body: string", "" },
    } },
    ["http.streamed"] = { "An answer that has begun.", fields = {
      { "status: integer", "" }, { "headers: table<string, string>", "by lower-case name; several lines of one are joined" },
      { "body: http.stream", "" },
    } },
    ["http.stream"] = { "An answer's body while it comes.", methods = {
      { "read(): string|nil", "What has come since, once there is something; nil at the end.",
        raises = "{code, message}: HTTP_RESET, HTTP_TIMEOUT, HTTP_TRUNCATED, HTTP_PROTOCOL" },
      { "close()", "Breaks the connection off; a <close> does so, too." },
    } },
  },
}
