-- List executions, newest first.
local groups  = require "lib.groups"
local listing = require "lib.listing"
local lists   = require "lib.lists"
local plans   = require "lib.plans"
local query   = require "lib.query"
local tokens  = require "lib.tokens"
local views   = require "lib.views"
local json    = require "json"

return {
  route   = "GET /executions",
  summary = "List executions, newest first",
  roles   = { "viewer", "operator", "admin" },
  aws     = { "dynamodb:Query", "dynamodb:Scan", "dynamodb:BatchGetItem" },

  handle = function(request)
    local limit    = query.whole_number(request, "limit", { from = 1, to = 100, default = 50 })
    local question = query.filters(request)                             -- 400 for a status or type that does not exist
    local token    = query.text(request, "nextToken")
    local place    = token and tokens.read(token, question)             -- 400 for a changed token

    local executions, after = listing.page(question, place, limit)
    local old = lists.filter(executions, function(one) return not lists.given(one.planSnapshot) end)
    local stored = plans.get_many(lists.map(old, function(one) return one.planId end))
    local chosen = groups.get_many(plans.all_group_ids(stored))

    return 200, {
      items     = lists.map(executions, function(one) return views.row(one, stored, chosen) end),
      count     = #executions,
      nextToken = after and tokens.issue(after, question) or json.null,
    }
  end,
}
