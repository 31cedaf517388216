-- The same call as it would be made in another account or region: elsewhere(call, {account=|nil, region=|nil}).
return function(call, change)
  return setmetatable(change, { __index = call })
end
