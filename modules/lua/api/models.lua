return {
  name = "models", source = "botocore's published models",
  summary = "What each AWS operation takes and gives: facts without prose, shared and read-only by agreement.",
  functions = {
    { "load(service: string): models.model", "The model of a service, read once.", raises = "a string with the nearest right name" },
    { "services(): string[]", "The names of the services that are built in, sorted." },
    { "resolve(model: models.model, reference: table): table", "The shape that a reference names, with its own traits over it." },
    { "memo(compute: fun(model: models.model, name: string): any): function", "A cache beside the models." },
    { "snake_case(name: string): string", "\"DescribeJobs\" -> \"describe_jobs\"." },
    { "methods(model: models.model): table<string, string>", "Method name -> operation name." },
  },
  classes = {
    ["models.model"] = { "A service.", fields = {
      { "service: string", "" }, { "metadata: table", "protocol, endpointPrefix, signingName ..." },
      { "operations: table<string, table>", "by name: http, input, output, errors" }, { "shapes: table<string, table>", "" },
      { "paginators: table<string, table>", "" }, { "waiters: table<string, table>", "" },
    } },
  },
}
