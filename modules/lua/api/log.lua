local RAISES = "a string: fields is no table"

return {
  name = "log", sandbox = true,
  summary = "One line of JSON on stderr: time, level, message, the task's requestId, fields; secrets are taken out.",
  functions = {
    { "debug(message: string, fields?: table)", "For whoever looks for a fault; shown with --log-level debug.", raises = RAISES },
    { "info(message: string, fields?: table)", "What happened.", raises = RAISES },
    { "warn(message: string, fields?: table)", "What somebody should look at one day.", raises = RAISES },
    { "warn_once(message: string, fields?: table)", "As warn, the first time that this message comes.", raises = RAISES },
    { "error(message: string, fields?: table)", "What somebody should look at now.", raises = RAISES },
  },
}
