-- after(now, seconds): so many seconds after a time of the world in microseconds; nil seconds stay nil.
return function(now, seconds)
  return seconds and now + math.floor(seconds * 1000000) or nil
end
