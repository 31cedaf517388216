local rate = require "aws.rate"

local START = 1795413600

-- Answers to a client, as botocore 1.44's ClientRateLimiter takes them: seconds since the one before, throttled or not, and the
-- rate that is allowed after it.
local BOTOCORE = {
  { 0.1, false, 0.5 }, { 0.1, false, 0.5 }, { 0.1, false, 0.5 }, { 0.1, false, 0.5 }, { 0.1, false, 0.5 }, { 0.1, false, 0.5 },
  { 0.1, true, 6.72 }, { 0.25, false, 7.70003 }, { 0.25, false, 8.427914 }, { 0.25, false, 8.94115 }, { 0.25, false, 9.088 },
  { 0.05, true, 3.1808 }, { 0.5, false, 4.138124 }, { 0.5, false, 4.492524 }, { 0.5, false, 4.168704 },
  { 0.5, false, 4.033741 }, { 0.5, false, 4.006748 }, { 0.5, false, 4.00135 }, { 1, false, 2.40027 }, { 1, false, 2.080054 },
  { 1, false, 2.016011 }, { 1, false, 2.003202 }, { 0.1, true, 0.701121 }, { 0.1, true, 0.5 }, { 2, false, 1.380048 },
  { 2, false, 1.360128 }, { 2, false, 1.072026 },
}

describe("the rate of the adaptive mode", function()
  it("follows throttled and other answers as botocore's does", function()
    local limiter, now = rate.new(START), START
    for index, row in ipairs(BOTOCORE) do
      now = now + row[1]
      limiter:answered(row[2], now)
      assert.is_true(math.abs(limiter.fill - row[3]) < 1e-6, ("answer %d: %.6f, not %.6f"):format(index, limiter.fill, row[3]))
    end
  end)

  it("is no limit before the first throttled answer", function()
    local limiter = rate.new(START)
    for _ = 1, 1000 do
      assert.are.equal(0, limiter:take(START))
    end
  end)

  it("says how long to wait for a token, and gives each one once", function()
    local limiter = rate.new(START)
    limiter:answered(true, START)
    assert.are.equal(2, limiter:take(START)) -- half a request a second is the slowest
    assert.are.equal(1, limiter:take(START + 1))
    assert.are.equal(0, limiter:take(START + 2))
    assert.are.equal(2, limiter:take(START + 2))
    assert.are.equal(0, limiter:take(START + 100))
    assert.are.equal(2, limiter:take(START + 100)) -- what was not used is not kept: one at a time
  end)
end)
