return {
  name = "clock",
  summary = "The world's clock: stood still, stepped or sped up, for the local AWS and for tests.",
  functions = {
    { "freeze(epoch?: number)", "It stands still, at the given epoch seconds or where it is." },
    { "speed(factor?: number): number", "How fast it runs, 0 when frozen; with a factor, from now on that fast." },
    { "set(epoch: number)", "It goes on from these epoch seconds; what is due by then happens." },
    { "step(seconds: number)", "Moves a frozen clock; each timer fires at its own time, and all tasks come to rest after it. Waits.",
      raises = "a string: not frozen, or another task steps it" },
  },
}
