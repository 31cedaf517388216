return {
  name = "credentials",
  source = "AWS SDKs and Tools Reference Guide, Standardized credential providers",
  summary = "Resolved keys. The secret and the token live in C: a script uses them and cannot read them.",
  functions = {
    { "new(options: credentials.options): credentials.object", "Keys from what the caller knows.",
      raises = "{code=\"INVALID_CREDENTIALS\"}: id or secret missing, white space in a value" },
    { "resolve(options?: {profile?: string}): credentials.object", "Keys by the provider chain; waits.",
      raises = "an AWS error: what was tried, and why it gave none" },
  },
  classes = {
    ["credentials.options"] = { "Keys as a table.", fields = {
      { "access_key_id: string", "" }, { "secret_access_key: string", "" }, { "session_token?: string", "" },
      { "expires_at?: number", "epoch seconds" }, { "account_id?: string", "" }, { "source?: string", "where they come from" },
    } },
    ["credentials.object"] = { "Keys that cannot be read; wiped when they are closed or collected.", fields = {
      { "access_key_id: string", "" }, { "expires_at?: integer", "epoch seconds" }, { "account_id?: string", "" },
      { "source?: string", "which provider gave them" },
    } },
  },
}
