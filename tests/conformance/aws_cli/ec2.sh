# shellcheck shell=sh
# A network, a machine from a launch template, its disk, its addresses, its image, and their end.

vpc=$(text Vpc.VpcId ec2 create-vpc --cidr-block 10.8.0.0/16 --tag-specifications 'ResourceType=vpc,Tags=[{Key=Name,Value=cli}]')
check 'a VPC is made' "$vpc" 'vpc-?????????????????'
subnet=$(text Subnet.SubnetId ec2 create-subnet --vpc-id "$vpc" --cidr-block 10.8.1.0/24)
check 'a subnet that overlaps is refused' "$(refusal ec2 create-subnet --vpc-id "$vpc" --cidr-block 10.8.1.128/25)" \
    '*(InvalidSubnet.Conflict)*conflicts with another subnet*'
gateway=$(text InternetGateway.InternetGatewayId ec2 create-internet-gateway)
check 'a gateway is attached' "$(refusal ec2 attach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$gateway")" ''
table=$(text 'RouteTables[0].RouteTableId' ec2 describe-route-tables --filters "Name=vpc-id,Values=$vpc")
check 'a route leads there' "$(text Return ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 \
    --gateway-id "$gateway")" True
check 'but not twice' "$(refusal ec2 create-route --route-table-id "$table" --destination-cidr-block 0.0.0.0/0 \
    --gateway-id "$gateway")" '*(RouteAlreadyExists)*'
group=$(text GroupId ec2 create-security-group --vpc-id "$vpc" --group-name cli --description 'a scenario')
check 'a rule lets in' "$(text 'SecurityGroupRules[0].CidrIpv4' ec2 authorize-security-group-ingress --group-id "$group" \
    --protocol tcp --port 22 --cidr 10.0.0.0/8)" 10.0.0.0/8
check 'the same rule is refused' "$(refusal ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 22 \
    --cidr 10.0.0.0/8)" '*(InvalidPermission.Duplicate)*already exists*'

template=$(text LaunchTemplate.LaunchTemplateId ec2 create-launch-template --launch-template-name cli --launch-template-data \
    '{"ImageId":"ami-0c101f26f147fa7fd","InstanceType":"t3.micro","SecurityGroupIds":["'"$group"'"]}')
instance=$(text 'Instances[0].InstanceId' ec2 run-instances --launch-template "LaunchTemplateId=$template" --subnet-id "$subnet" \
    --tag-specifications 'ResourceType=instance,Tags=[{Key=Name,Value=cli}]')
check 'a machine is launched from a template' "$instance" 'i-?????????????????'
check 'and waited for' "$(refusal ec2 wait instance-running --instance-ids "$instance")" ''
check 'it is as the template says' "$(text 'Reservations[0].Instances[0].[InstanceType,SecurityGroups[0].GroupId,SubnetId]' \
    ec2 describe-instances --filters Name=tag:Name,Values=cli)" "t3.micro?$group?$subnet"

volume=$(text 'Volumes[0].VolumeId' ec2 describe-volumes --filters "Name=attachment.instance-id,Values=$instance")
snapshot=$(text SnapshotId ec2 create-snapshot --volume-id "$volume" --description cli)
check 'a snapshot is waited for' "$(refusal ec2 wait snapshot-completed --snapshot-ids "$snapshot")" ''
disk=$(text VolumeId ec2 create-volume --snapshot-id "$snapshot" --availability-zone us-east-1a --volume-type gp3)
check 'a disk is made of it' "$(refusal ec2 wait volume-available --volume-ids "$disk")" ''
check 'and attached' "$(text State ec2 attach-volume --volume-id "$disk" --instance-id "$instance" --device /dev/sdf)" attaching
check 'a disk in use is not deleted' "$(refusal ec2 delete-volume --volume-id "$disk")" '*(VolumeInUse)*is currently attached to*'
image=$(text ImageId ec2 create-image --instance-id "$instance" --name cli)
check 'an image has both disks' "$(text 'Images[0].BlockDeviceMappings[].DeviceName' ec2 describe-images --image-ids "$image")" \
    '/dev/xvda?/dev/sdf'
check 'the disk comes off' "$(text State ec2 detach-volume --volume-id "$disk")" detaching
check 'and goes' "$(refusal ec2 delete-volume --volume-id "$disk")" ''

address=$(text AllocationId ec2 allocate-address --domain vpc)
association=$(text AssociationId ec2 associate-address --allocation-id "$address" --instance-id "$instance")
check 'an address is on the machine' "$(text 'Addresses[0].InstanceId' ec2 describe-addresses --allocation-ids "$address")" "$instance"
check 'an address in use is not released' "$(refusal ec2 release-address --allocation-id "$address")" '*(InvalidIPAddress.InUse)*'
check 'it comes off and goes' "$(cli ec2 disassociate-address --association-id "$association" 2>&1
    refusal ec2 release-address --allocation-id "$address")" ''
check 'a running machine keeps its type' \
    "$(refusal ec2 modify-instance-attribute --instance-id "$instance" --instance-type t3.large)" '*(IncorrectInstanceState)*'
check 'a protected machine stays' "$(cli ec2 modify-instance-attribute --instance-id "$instance" --disable-api-termination 2>&1
    refusal ec2 terminate-instances --instance-ids "$instance")" '*(OperationNotPermitted)*disableApiTermination*'
check 'a dry run says what would be' "$(refusal ec2 reboot-instances --instance-ids "$instance" --dry-run)" '*(DryRunOperation)*'
check 'and then it goes' "$(cli ec2 modify-instance-attribute --instance-id "$instance" --no-disable-api-termination 2>&1
    text 'TerminatingInstances[0].CurrentState.Name' ec2 terminate-instances --instance-ids "$instance")" shutting-down
check 'which is waited for' "$(refusal ec2 wait instance-terminated --instance-ids "$instance")" ''
check 'a network with parts is not deleted' "$(refusal ec2 delete-vpc --vpc-id "$vpc")" '*(DependencyViolation)*'
check 'its parts go, and then it goes' "$(cli ec2 delete-subnet --subnet-id "$subnet" 2>&1
    cli ec2 delete-security-group --group-id "$group" > /dev/null 2>&1
    cli ec2 detach-internet-gateway --vpc-id "$vpc" --internet-gateway-id "$gateway" 2>&1
    cli ec2 delete-internet-gateway --internet-gateway-id "$gateway" 2>&1
    refusal ec2 delete-vpc --vpc-id "$vpc")" ''
check 'the template goes' "$(text LaunchTemplate.LaunchTemplateName ec2 delete-launch-template --launch-template-id "$template")" cli
check 'an instance that is not there is refused' "$(refusal ec2 describe-instances --instance-ids i-00000000000000abc)" \
    "*(InvalidInstanceID.NotFound)*The instance ID 'i-00000000000000abc' does not exist*"
check 'an operation that is not there is unknown' "$(refusal ec2 describe-hosts)" \
    '*(InvalidAction)*The action DescribeHosts is not valid for this web service.*'
