-- ", did you mean 'jobIDs'?": the known name that is closest to what was written.

local nearest = {}

-- Levenshtein distance, letters' case aside: jobIds and jobIDs are the same to a reader.
local function distance(a, b)
  a, b = a:lower(), b:lower()
  local previous, current = {}, {}
  for j = 0, #b do
    previous[j] = j
  end
  for i = 1, #a do
    current[0] = i
    local byte = a:byte(i)
    for j = 1, #b do
      local cost = byte == b:byte(j) and 0 or 1
      current[j] = math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + cost)
    end
    previous, current = current, previous
  end
  return previous[#b]
end

-- Nothing is suggested beyond a third of the name's length: a far guess misleads.
function nearest.find(name, candidates)
  local best, best_distance
  local limit = math.max(2, #name // 3)
  for _, candidate in ipairs(candidates) do
    if math.abs(#candidate - #name) <= limit then
      local d = distance(name, candidate)
      if d <= limit and (not best or d < best_distance or d == best_distance and candidate < best) then
        best, best_distance = candidate, d
      end
    end
  end
  return best
end

-- The keys of a table, sorted.
function nearest.names(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  return names
end

-- What to add to a sentence about an unknown name: ", did you mean 'jobIDs'?", else the choice when it is short, else "".
function nearest.hint(name, candidates)
  local best = nearest.find(name:sub(1, 60), candidates)
  if best then
    return (", did you mean '%s'?"):format(best)
  elseif #candidates > 0 and #candidates <= 12 then
    return "; there is " .. table.concat(candidates, ", ")
  end
  return ""
end

-- "<what> '<name>', did you mean '<best>'?"
function nearest.message(what, name, candidates)
  local shown = #name > 60 and name:sub(1, 57) .. "..." or name
  return ("%s '%s'%s"):format(what, shown, nearest.hint(name, candidates))
end

return nearest
