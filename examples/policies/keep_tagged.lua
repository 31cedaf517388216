-- Keep instances that carry a tag. The reason, where somebody wrote one into the tag, is told to whoever asks.
local TAG = "Keep"

return {
  may_terminate = function(instance)
    local value = (instance.tags or {})[TAG]
    if not value then return "allow" end
    return "deny", ("it carries the tag %s: %s"):format(TAG, value)
  end,
}
