return {
  name = "functions",
  summary = "What the local Step Functions calls as Lambda functions; \"drsh-orchestrator\" is there.",
  functions = {
    { "invoke(name: string, payload: string): string", "The result as JSON; name may be an ARN, payload is JSON. Waits.",
      raises = "{code=\"ResourceNotFoundException\"}, {code=\"FunctionError\", errorType, message, trace}" },
    { "register(name: string, fn: fun(event: any): any)", "Makes a function known." },
  },
}
