return {
  name = "task", sandbox = true,
  summary = "Things done side by side, in straight lines. All of it waits without stopping anything else.",
  functions = {
    { "sleep(seconds: number)", "Waits.", params = { seconds = "of the world's clock" } },
    { "spawn(fn: function, ...: any): task.handle",
      "Starts fn(...) as a child: it has our context and deadline, and ends with us. Its error is raised by join, else logged." },
    { "background(fn: function, ...: any): task.handle", "Starts fn(...) as a task that nobody owns; its failure is logged.",
      trusted = true },
    { "map(list: any[], fn: fun(item: any, index: integer): any, options?: {limit?: integer}): any[]",
      "fn of each element, side by side, results in order, marked as a list.", params = { options = "limit: how many at a time" },
      raises = "the first error, after the rest was cancelled" },
    { "all(functions: function[]): any[]", "What the functions return, run side by side, in order.", raises = "as task.map" },
    { "timeout(seconds: number, fn: function, ...: any): any ...", "What fn(...) returns, if it does so in time.",
      params = { seconds = "of the world's clock" }, raises = "{code=\"TIMEOUT\"}, or what fn raises" },
    { "pcall(fn: function, ...: any): boolean, any ...", "pcall whose message says which value was wrong, as a script's own does." },
    { "event(): task.event", "Something that tasks wait for and another one sets." },
    { "context(): table|nil", "What the host says of the running task: requestId, actions, script, generation.",
      trusted = true },
  },
  classes = {
    ["task.handle"] = { "A task that was started.", methods = {
      { "join(): any ...", "Waits for its end; what it returned.", raises = "what it raised" },
      { "outcome(): string, any ...", "How it ended, without raising: \"ok\" and results, else \"error\", \"cancelled\" or \"deadline\"," ..
        " the error, the traceback." },
      { "cancel()", "Ends it; what it waits for is given up." },
      { "done(): boolean", "Has it ended?" },
      { "observe(): task.handle", "Says that its error will be looked at, so that it is not logged." },
    } },
    ["task.event"] = { "Set once, it stays so until it is reset.", methods = {
      { "wait(seconds?: number): boolean", "Waits until it is set; false when the time is over first.",
        params = { seconds = "of the world's clock" } },
      { "set()", "Wakes all that wait." },
      { "reset()", "Who waits from now on waits for the next set()." },
    } },
  },
}
