-- drsh run tests/bench/estate.lua [ROUNDS]: milliseconds for one page of a local estate of 100, 1,000 and 10,000 source servers
-- (a fifth of them recovered, and 100 at least, so that all pages are full), and the ratio of the last to the first. That no
-- page costs more in a big estate is a test: tests/scripts/local_aws/scale_spec.lua.

package.path = "./?.lua;" .. package.path

local big_estate = require "tests.support.big_estate"
local time = require "time"

local SIZES = { 100, 1000, 10000 }
local ROUNDS = math.tointeger(tonumber(arg[1])) or 5
local CALLS = 20

local function middle(values)
  table.sort(values)
  return values[(#values + 1) // 2]
end

local function milliseconds(here, question, input)
  local rounds = {}
  for round = 1, ROUNDS do
    local began = time.monotonic()
    for _ = 1, CALLS do
      here.call(question[2], question[3], input)
    end
    rounds[round] = (time.monotonic() - began) / CALLS * 1000
  end
  return middle(rounds)
end

local found = {}
for column, size in ipairs(SIZES) do
  local here = big_estate.start(size, math.max(size // 5, 100))
  for row, question in ipairs(big_estate.QUESTIONS) do
    found[row] = found[row] or {}
    found[row][column] = milliseconds(here, question, big_estate.inputs(here, question)[1])
  end
  here.close()
end

print(("\n%-40s %10s %10s %10s  %s"):format("one page, milliseconds", "100", "1,000", "10,000", "ratio"))
for row, question in ipairs(big_estate.QUESTIONS) do
  local small, middle_size, big = table.unpack(found[row])
  print(("%-40s %10.3f %10.3f %10.3f  %.2f"):format(question[1], small, middle_size, big, big / small))
end
