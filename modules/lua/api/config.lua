return {
  name = "config", sandbox = true,
  summary = "The program's settings: flags, environment, the file of --config, defaults; the first that gives a value wins.",
  functions = {
    { "get(name: string): string|nil", "A setting by its environment name, \"EXECUTION_HISTORY_TABLE\"." },
    { "require(name: string): string", "The same, which must be there.", raises = "{code=\"CONFIG_MISSING\"} with the flag or variable" },
    { "flag(name: string): boolean", "Is it \"1\", \"true\", \"yes\" or \"on\"?" },
    { "set(name: string, value?: string)", "The program's own word, which outranks all others; nil takes it back.", trusted = true },
  },
}
