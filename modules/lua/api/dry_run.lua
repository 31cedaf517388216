return {
  name = "dry_run", sandbox = true,
  summary = "Rehearsals: in a dry run the AWS client writes each change down and sends none of them.",
  functions = {
    { "is_on(): boolean", "Is the running task part of a dry run? A script seldom needs to know." },
    { "check(name: string, result: \"passed\"|\"refused\"|\"unknown\", message?: string)", "What a check said, for the answer." },
    { "new(parent?: table): table", "A new record; a task whose context has dry_run = record is part of it.", trusted = true },
    { "current(): table|nil", "The record of the dry run that the running task is part of.", trusted = true },
    { "record(run: table, write: table)", "Writes a call down: {service, operation, region, account, parameters}.", trusted = true },
    { "refuse_http(options: http.request)", "What http.request asks in a dry run: anything but GET and HEAD ends it.",
      raises = "{code=\"DRY_RUN_STOPPED\"}", trusted = true },
    { "report(run: table): table", "What would have been written, in order, without secrets: {writes, checks, stoppedAt}.",
      trusted = true },
  },
}
