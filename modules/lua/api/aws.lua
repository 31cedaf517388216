local CALL_FAILS = "an AWS error: code, message, status, service, operation, region, requestId, retryable, throttled, outcomeUnknown"

return {
  name = "aws", sandbox = true, source = "AWS SDKs and Tools Reference Guide",
  summary = "AWS: clients whose methods are the API's operations. A failure raises, misuse raises a string.",
  functions = {
    { "client(service: string, options?: aws.options): aws.client", "A client; nothing is read or sent before its first call.",
      raises = "a string for an unknown service or option, or an account without a role" },
    { "across(service: string, options: aws.places, fn: fun(client: aws.client, place: aws.place): any): aws.found[]",
      "The same work in several regions and accounts, side by side; one entry a place, in order.",
      raises = "the first error, unless options.on_error takes it" },
    { "once(act: fun(): any, look: fun(problem: table): any, options?: aws.once_options): any, string",
      "Look before you repeat: makes a call that has no idempotency token so that it has its effect once. What act returned and "
        .. "\"made\", or what look found and \"found\".",
      raises = "act's last error" },
    { "is_error(value: any, ...: string): boolean", "Did an AWS call raise it, with one of these codes if any are given?" },
  },
  classes = {
    ["aws.options"] = { "What aws.client takes.", fields = {
      { "region?: string", "else AWS_REGION, AWS_DEFAULT_REGION, the profile's" },
      { "account?: aws.account", "whose role is assumed" },
      { "endpoint?: string", "a URL, in place of the service's" }, { "profile?: string", "of the AWS configuration files" },
      { "credentials?: credentials.object|credentials.options", "" },
      { "document?: boolean", "DynamoDB: plain Lua values wherever the API has AttributeValue" },
      { "max_attempts?: integer", "tries, the first included" }, { "timeout?: number", "real seconds for one try, 60" },
      { "total_timeout?: number", "real seconds for all tries" }, { "connect_timeout?: number", "real seconds, 3.1" },
      { "retry_mode?: string", "\"standard\", \"adaptive\" or \"legacy\"; else AWS_RETRY_MODE, the profile's" },
      { "sts_endpoint?: string", "a URL, for assuming the role" },
    } },
    ["aws.once_options"] = { "How aws.once goes about it.", fields = {
      { "tries?: integer", "of the call, 3" }, { "looks?: integer", "after a call without an answer, 2" },
      { "pause?: number", "seconds before each look, 2" },
      { "conflicts?: string[]", "codes that an own earlier call can be the reason of, {\"ConflictException\"}" },
    } },
    ["aws.account"] = { "Another account, and how to get there.", fields = {
      { "accountId?: string", "12 digits" }, { "assumeRoleName?: string", "" }, { "externalId?: string", "" },
      { "roleSessionName?: string", "" }, { "isCurrentAccount?: boolean", "true: our own keys" },
    } },
    ["aws.places"] = { "Where aws.across works.", fields = {
      { "regions?: string[]", "else the default one" }, { "accounts?: aws.account[]", "else our own" },
      { "limit?: integer", "how many at a time, 10" }, { "client?: aws.options", "for each client" },
      { "on_error?: fun(problem: table, place: aws.place): any", "the place's value, when its work failed" },
    } },
    ["aws.place"] = { "One region of one account; nil where it is the default.", fields = {
      { "region?: string", "" }, { "account?: aws.account", "" },
    } },
    ["aws.found"] = { "What one place gave.", fields = {
      { "region?: string", "" }, { "account?: aws.account", "" }, { "value: any", "what the function returned" },
    } },
    ["aws.call_options"] = { "The second argument of an operation.", fields = {
      { "timeout?: number", "real seconds for one try" }, { "total_timeout?: number", "real seconds for all tries" },
      { "max_attempts?: integer", "tries, the first included" },
    } },
    ["aws.wait_options"] = { "How to wait.", fields = {
      { "until_?: fun(result: any): any, string?", "the value that was waited for, or nothing and the state in words" },
      { "delay?: number", "seconds between looks" }, { "limit?: number", "seconds in all" },
      { "jitter?: number", "part of the delay, 0.1" },
      { "progress?: fun(state: string, seconds: number, result: any)", "called after each look" },
      { "jobID?: string", "recovery_instance_launched: the job that launches" },
    } },
    ["aws.events"] = { "A stream of events in an output: for event in output.NAME do ... end, each {NAME = value}.", methods = {
      { "close()", "Ends it before its last event; a <close> does so, too." },
    } },
    ["aws.client"] = { "A service; a method for each operation, help(\"drs\") lists them.", methods = {
      { "pages(operation: string, parameters?: table): fun(): table|nil", "Iterator over pages; the next one is fetched ahead.",
        raises = CALL_FAILS },
      { "items(operation: string, parameters?: table): fun(): any", "Iterator over the items of all pages.", raises = CALL_FAILS },
      { "wait(name: string, parameters?: table, options?: aws.wait_options): any, table",
        "Waits for a named waiter, or calls an operation until options.until_ has a value; seconds of the world's clock.",
        raises = "{code=\"WAIT_TIMEOUT\", state}, {code=\"WAIT_FAILED\", state}; " .. CALL_FAILS },
    } },
  },
}
