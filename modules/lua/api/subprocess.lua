return {
  name = "subprocess",
  summary = "Runs programs, without a shell.",
  functions = {
    { "run(options: subprocess.options): subprocess.result", "Runs one to its end; who is cancelled meanwhile kills it. Waits.",
      raises = "{code, message}: SUBPROCESS_START, SUBPROCESS_TIMEOUT, SUBPROCESS_OUTPUT_TOO_LARGE" },
  },
  classes = {
    ["subprocess.options"] = { "The program and its arguments as a list, and", fields = {
      { "timeout?: number", "real seconds, 60" }, { "limit?: integer", "bytes of standard output, 1048576" },
    } },
    ["subprocess.result"] = { "How it ended.", fields = {
      { "code?: integer", "the exit code" }, { "signal?: integer", "which one ended it" }, { "stdout: string", "" },
      { "stderr: string", "its first 4,096 bytes" },
    } },
  },
}
