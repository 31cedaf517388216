-- Who may call which route.
--
-- Each endpoint names its roles; this says whether a caller has one of them. No file: just that. A file with a fault: nobody.
--
--   caller  name, roles[]
--   route   as the endpoint names it, "POST /executions/{id}/cancel"
--   roles   the roles that the endpoint names
--
-- For example, only the disaster team starts anything:
--   if route == "POST /executions" and not caller.name:find("@dr%-team") then return "deny", "ask the disaster team" end
return {
  roles = { "viewer", "operator", "admin" },    -- that there are; `drsh check` finds an endpoint that names another one

  may_call = function(caller, route, roles)
    if #roles == 0 then return "deny", route .. " is nobody's to call: its script names no roles" end
    for _, has in ipairs(caller.roles or {}) do
      for _, wanted in ipairs(roles) do
        if has == wanted then return "allow" end
      end
    end
    return "deny", route .. " needs one of the roles " .. table.concat(roles, ", ")
  end,
}
