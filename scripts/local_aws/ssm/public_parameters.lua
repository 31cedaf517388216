-- The parameters that AWS publishes: the newest images, and the regions. They are the same for every account.
-- https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html

local amazon_images = require "local_aws.ec2.amazon_images"
local regions = require "local_aws.ec2.regions"

local public_parameters = {}

-- What an image's name begins with -> names below /aws/service/.
local IMAGES = {
  ["^al2023%-ami%-.*x86_64$"] = { "ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64",
    "ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" },
  ["^al2023%-ami%-.*arm64$"] = { "ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64",
    "ami-amazon-linux-latest/al2023-ami-kernel-default-arm64" },
  ["^amzn2%-ami%-hvm%-"] = { "ami-amazon-linux-latest/amzn2-ami-hvm-x86_64-gp2",
    "ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-x86_64-gp2" },
  ["^Windows_Server%-2022"] = { "ami-windows-latest/Windows_Server-2022-English-Full-Base" },
  ["^ubuntu/.*jammy"] = { "canonical/ubuntu/server/22.04/stable/current/amd64/hvm/ebs-gp2/ami-id" },
}

local PREFIX = "/aws/service/"
local by_name, in_order

local function row(name, value)
  return { name = name, version = 1, type = "String", value = value, modified_us = 1711000000000000, user = "Amazon",
    details = '{"DataType":"text","Tier":"Standard"}', is_public = true }
end

local function make()
  by_name, in_order = {}, {}
  local function add(name, value)
    by_name[PREFIX .. name] = row(PREFIX .. name, value)
    in_order[#in_order + 1] = by_name[PREFIX .. name]
  end
  for pattern, names in pairs(IMAGES) do
    for _, image in ipairs(amazon_images.all()) do
      for _, name in ipairs(image.Name:find(pattern) and names or {}) do
        add(name, image.ImageId)
      end
    end
  end
  for _, region in ipairs(regions.names) do
    add("global-infrastructure/regions/" .. region, region)
  end
  table.sort(in_order, function(a, b)
    return a.name < b.name
  end)
end

-- The parameter of this name in the form of a row, nil for none.
function public_parameters.find(name)
  if name:sub(1, #PREFIX) == PREFIX then
    if not by_name then
      make()
    end
    return by_name[name]
  end
end

-- All of them whose names lie in [from, to), in order.
function public_parameters.between(from, to)
  if not by_name then
    make()
  end
  local list = {}
  for _, item in ipairs(in_order) do
    if item.name >= from and item.name < to then
      list[#list + 1] = item
    end
  end
  return list
end

return public_parameters
