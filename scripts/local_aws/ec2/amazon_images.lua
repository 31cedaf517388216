-- Some of the images that Amazon publishes: enough for a look-up by owner and name, and for SSM's public parameters. The ids
-- are ours and the same in each region.

local json = require "json"

local amazon_images = {}

local AMAZON, CANONICAL = "137112412989", "099720109477"

local function image(given)
  return {
    ImageId = given.id, Name = given.name, Description = given.description, CreationDate = given.created, State = "available",
    OwnerId = given.owner or AMAZON, ImageOwnerAlias = given.owner ~= CANONICAL and "amazon" or nil, Public = true,
    ImageLocation = (given.owner and given.owner or "amazon") .. "/" .. given.name, Architecture = given.architecture
      or "x86_64",
    ImageType = "machine", RootDeviceType = "ebs", RootDeviceName = given.root or "/dev/xvda", VirtualizationType = "hvm",
    Hypervisor = "xen", EnaSupport = true, Platform = given.windows and "windows" or nil,
    PlatformDetails = given.windows and "Windows" or "Linux/UNIX",
    UsageOperation = given.windows and "RunInstances:0002" or "RunInstances",
    BlockDeviceMappings = json.array { { DeviceName = given.root or "/dev/xvda", Ebs = {
      SnapshotId = given.id:gsub("^ami", "snap"), VolumeSize = given.gib or 8, VolumeType = "gp3", DeleteOnTermination = true,
      Encrypted = false,
    } } },
  }
end

local LIST = {
  image { id = "ami-0c101f26f147fa7fd", name = "al2023-ami-2023.4.20240319.1-kernel-6.1-x86_64",
    description = "Amazon Linux 2023 AMI 2023.4.20240319.1 x86_64 HVM kernel-6.1", created = "2024-03-20T17:02:06.000Z" },
  image { id = "ami-0c5777a14602ab4b9", name = "al2023-ami-2023.4.20240319.1-kernel-6.1-arm64", architecture = "arm64",
    description = "Amazon Linux 2023 AMI 2023.4.20240319.1 arm64 HVM kernel-6.1", created = "2024-03-20T17:02:07.000Z" },
  image { id = "ami-0d5eff06f840b45e9", name = "amzn2-ami-hvm-2.0.20210326.0-x86_64-gp2",
    description = "Amazon Linux 2 AMI 2.0.20210326.0 x86_64 HVM gp2", created = "2021-03-26T21:21:47.000Z" },
  image { id = "ami-0f9c44e98edf38a2b", name = "Windows_Server-2022-English-Full-Base-2024.03.13", windows = true, gib = 30,
    root = "/dev/sda1", owner = "801119661308", created = "2024-03-13T21:17:57.000Z",
    description = "Microsoft Windows Server 2022 Full Locale English AMI provided by Amazon" },
  image { id = "ami-080e1f13689e07408", name = "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20240301",
    root = "/dev/sda1",
    owner = CANONICAL, created = "2024-03-01T19:57:09.000Z",
    description = "Canonical, Ubuntu, 22.04 LTS, amd64 jammy image build on 2024-03-01" },
}

function amazon_images.all()
  return LIST
end

-- The image with this id, nil when it is none of these.
function amazon_images.find(id)
  for _, item in ipairs(LIST) do
    if item.ImageId == id then
      return item
    end
  end
end

return amazon_images
