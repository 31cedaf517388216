-- The documents of AWS's own that are here. Automations: their steps are those of the real ones.

local function parameters(more)
  local all = {
    AutomationAssumeRole = {
      type = "String", default = "", description = "The ARN of the role that lets Automation act on your behalf.",
    },
  }
  for name, parameter in pairs(more) do
    all[name] = parameter
  end
  return all
end

local INSTANCE_ID = { type = "StringList", description = "EC2 instance(s) to act on" }

local function change(name, desired)
  return {
    name = name, action = "aws:changeInstanceState",
    inputs = { InstanceIds = "{{ InstanceId }}", DesiredState = desired },
  }
end

local function automation(description, ...)
  return {
    type = "Automation", schemaVersion = "0.3", description = description, assumeRole = "{{ AutomationAssumeRole }}",
    parameters = parameters { InstanceId = INSTANCE_ID }, mainSteps = { ... },
  }
end

local function command(description, platform, more)
  return {
    type = "Command", schemaVersion = "2.2", description = description, platform = platform, parameters = more,
    plugin = "aws:run" .. (platform == "Windows" and "PowerShellScript" or "ShellScript"),
  }
end

local COMMANDS = {
  commands = { type = "StringList", description = "The commands to run." },
  workingDirectory = { type = "String", default = "", description = "The folder to run them in." },
  executionTimeout = { type = "String", default = "3600", description = "Seconds that they may take." },
}

return {
  ["AWS-RestartEC2Instance"] = automation("Restart EC2 instances(s)", change("stopInstances", "stopped"),
    change("startInstances", "running")),
  ["AWS-StartEC2Instance"] = automation("Start EC2 instances(s)", change("startInstances", "running")),
  ["AWS-StopEC2Instance"] = automation("Stop EC2 instances(s)", change("stopInstances", "stopped")),
  ["AWS-TerminateEC2Instance"] = automation("Terminate EC2 instances(s)", change("terminateInstances", "terminated")),
  ["AWS-RunShellScript"] = command("Run a shell script or specify the commands to run.", "Linux", COMMANDS),
  ["AWS-RunPowerShellScript"] = command("Run a PowerShell script or specify the paths to scripts to run.", "Windows", COMMANDS),
}
