return {
  name = "folder",
  summary = "Files of data beside the program, plain or gzipped.",
  functions = {
    { "read(path: string): string", "The content, unpacked if it is gzipped.",
      raises = "{code, message}: FILE_MISSING, FILE_UNREADABLE, FILE_DAMAGED, FILE_TOO_LARGE (64 MiB)" },
    { "list(path: string): string[]", "The names, sorted, without those that begin with a dot.",
      raises = "{code, message}: FILE_MISSING, FILE_UNREADABLE" },
  },
}
