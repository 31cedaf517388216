return {
  name = "sigv4", sandbox = true, source = "AWS Signature Version 4, IAM User Guide",
  summary = "Request signatures, both sides of them. Nothing is sent and nothing waits.",
  functions = {
    { "sign(options: sigv4.request): table<string, string>, string?, string?",
      "The headers Authorization, X-Amz-Date, X-Amz-Security-Token, X-Amz-Region-Set; with explain also canonical request and "
        .. "string to sign.",
      raises = "{code}: SIGV4_URL, SIGV4_SCOPE, INVALID_CREDENTIALS; a string for a wrong or unknown field" },
    { "presign(options: sigv4.request): string, string?, string?",
      "The signed URL; the headers given must be sent with it. With explain as sigv4.sign.",
      raises = "as sigv4.sign, and SIGV4_EXPIRES" },
    { "parse(request: sigv4.incoming): sigv4.claim|nil, string?, string?",
      "What a request says of itself, not yet believed; nil, code, message when it says nothing sound." },
    { "verify(request: sigv4.incoming): boolean, string?, string?, string?, string?",
      "Is the signature right? false, code, message, canonical request, string to sign when not." },
  },
  classes = {
    ["sigv4.request"] = { "What is signed.", fields = {
      { "method: string", "" }, { "url: string", "" }, { "service: string", "the signing name" },
      { "region?: string", "needed without a region_set" },
      { "region_set?: string", "\"*\", \"us-east-1,eu-west-1\": signs by SigV4a, good for all of them" },
      { "credentials: credentials.object|credentials.options", "" }, { "headers?: table<string, string|number>", "" },
      { "body?: string", "" }, { "payload_hash?: string", "64 hexadecimal digits, in place of body" },
      { "unsigned_payload?: boolean", "" }, { "time?: number", "epoch seconds, else now" },
      { "path_normalize?: boolean", "true; false for S3" }, { "double_encode?: boolean", "true; false for S3" },
      { "explain?: boolean", "show what was signed" }, { "expires?: integer", "presign only: seconds, 900; 604800 at most" },
    } },
    ["sigv4.incoming"] = { "A request that came in.", fields = {
      { "method: string", "" }, { "target: string", "raw path?query" }, { "headers: table<string, string>", "" },
      { "body?: string", "" }, { "secret_access_key?: string", "verify needs it" }, { "time?: number", "epoch seconds, else now" },
      { "max_skew?: number", "seconds, 300" },
    } },
    ["sigv4.claim"] = { "What a request says of itself.", fields = {
      { "access_key_id: string", "" }, { "day: string", "" }, { "date: string", "" }, { "time: integer", "epoch seconds" },
      { "region: string", "" }, { "service: string", "" }, { "signed_headers: string", "\"host;x-amz-date\"" },
      { "signature: string", "" }, { "presigned: boolean", "" }, { "expires?: integer", "seconds" }, { "session_token?: string", "" },
    } },
  },
}
