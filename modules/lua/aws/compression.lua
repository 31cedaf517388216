-- Bodies that a service takes packed (CloudWatch's PutMetricData), from a size on that is worth it:
-- https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html

local crypto = require "crypto"

-- Packs the request's body; from: bytes, nil to let it be.
return function(operation, request, from)
  for _, encoding in ipairs(operation.requestcompression and operation.requestcompression.encodings or {}) do
    if encoding == "gzip" and from and #request.body >= from then
      local before = request.headers["content-encoding"]
      request.headers["content-encoding"] = before and before .. ",gzip" or "gzip"
      request.body = crypto.gzip(request.body)
      return
    end
  end
end
