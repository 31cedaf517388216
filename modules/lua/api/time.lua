return {
  name = "time", sandbox = true, source = "RFC 3339, RFC 9110 section 5.6.7",
  summary = "Clocks and times. The world's clock is what scripts and AWS call now; against real AWS it is the real one.",
  functions = {
    { "now(): integer", "The world's clock, epoch seconds." },
    { "now_us(): integer", "The world's clock, epoch microseconds." },
    { "wall(): number", "The real time of day, epoch seconds: for signatures and expiry." },
    { "monotonic(): number", "Real seconds since some start, never going back: for durations." },
    { "iso8601(epoch: number, unit?: \"s\"|\"ms\"|\"us\"): string",
      "\"2026-11-23T06:00:00Z\"; what the unit does not show is cut.", params = { epoch = "epoch seconds" },
      raises = "a string: no finite number, or a year outside 0000-9999" },
    { "http_date(epoch: number): string", "\"Mon, 23 Nov 2026 06:00:00 GMT\".", params = { epoch = "epoch seconds" },
      raises = "as time.iso8601" },
    { "parse(text: string): number|nil", "Epoch seconds of an RFC 3339, SigV4 or HTTP time; nil when it is none." },
  },
}
