-- drsh run tests/bench/estate.lua [ROUNDS]: milliseconds for one page of a local estate of 100, 1,000 and 10,000 source servers
-- (a fifth of them recovered, and 100 at least, so that all pages are full), and the ratio of the last to the first. That no
-- page costs more in a big estate is a test: tests/scripts/local_aws/scale_spec.lua.

package.path = "./?.lua;" .. package.path

local big_estate = require "tests.support.big_estate"
local clock = require "clock"
local support = require "tests.support.local_aws"
local time = require "time"

local SIZES = { 100, 1000, 10000 }
local ROUNDS = math.tointeger(tonumber(arg[1])) or 5
local CALLS = 20

local function middle(values)
  table.sort(values)
  return values[(#values + 1) // 2]
end

local function milliseconds(here, question, input)
  local began = time.monotonic()
  for _ = 1, CALLS do
    here.call(question[2], question[3], input)
  end
  return (time.monotonic() - began) / CALLS * 1000
end

-- Each estate begins at the same time and goes its own way from there; now all are at one later time.
local estates = {}
for column, size in ipairs(SIZES) do
  estates[column] = big_estate.start(size, math.max(size // 5, 100))
end
clock.set(support.START + 86400)

local found = {}
for row, question in ipairs(big_estate.QUESTIONS) do
  found[row] = { {}, {}, {} }
  for round = 1, ROUNDS do
    for column, here in ipairs(estates) do -- in turn, so that a busy moment of the machine meets all of them
      found[row][column][round] = milliseconds(here, question, big_estate.inputs(here, question)[1])
    end
  end
end
for _, here in ipairs(estates) do
  here.close()
end

print(("\n%-40s %10s %10s %10s  %s"):format("one page, milliseconds", "100", "1,000", "10,000", "ratio"))
for row, question in ipairs(big_estate.QUESTIONS) do
  local small, big = middle(found[row][1]), middle(found[row][3])
  print(("%-40s %10.3f %10.3f %10.3f  %.2f"):format(question[1], small, middle(found[row][2]), big, big / small))
end
