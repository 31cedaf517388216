# shellcheck shell=sh
# A drill from the source server to the end of its recovery instance.

check 'source servers come in pages of 5' \
    "$(text 'length(items)' drs describe-source-servers --page-size 5 | awk '{ n += $1 } END { print n }')" '[1-9]*'
server=$(text 'items[0].sourceServerID' drs describe-source-servers --max-items 1 | head -n 1)
check 'a launch setting is changed' "$(text copyPrivateIp drs update-launch-configuration --source-server-id "$server" --copy-private-ip)" \
    True
cli drs update-launch-configuration --source-server-id "$server" --no-copy-private-ip > /dev/null 2>&1
arn=$(text 'items[0].arn' drs describe-source-servers --filters "sourceServerIDs=$server")
check 'a server is tagged' "$(cli drs tag-resource --resource-arn "$arn" --tags cli=yes 2>&1
    text tags.cli drs list-tags-for-resource --resource-arn "$arn")" yes
cli drs untag-resource --resource-arn "$arn" --tag-keys cli > /dev/null 2>&1
check 'it has points in time' "$(text 'length(items)' drs describe-recovery-snapshots --source-server-id "$server" --max-items 1 |
    head -n 1)" 1
job=$(text job.jobID drs start-recovery --is-drill --source-servers "sourceServerID=$server")
check 'a drill starts' "$job" 'drsjob-?????????????????'
check 'a busy server is refused as AWS does' "$(refusal drs start-recovery --is-drill --source-servers "sourceServerID=$server")" \
    '*(ConflictException)*currently being processed by a Job*'
check 'the job is followed to its end' "$(follow COMPLETED 'items[0].status' drs describe-jobs --filters "jobIDs=$job")" COMPLETED
check 'its log tells the launch' "$(text 'items[].event' drs describe-job-log-items --job-id "$job")" \
    'JOB_START*SNAPSHOT_START*CONVERSION_START*LAUNCH_START*LAUNCH_END*JOB_END'
instance=$(text "items[?jobID=='$job'].recoveryInstanceID" drs describe-recovery-instances --filters "sourceServerIDs=$server")
check 'the recovery instance is known by its job' "$instance" 'i-*'
check 'and runs in EC2' "$(text 'Reservations[0].Instances[0].State.Name' ec2 describe-instances --instance-ids "$instance")" running
check 'with the disks that EC2 lists' "$(text 'Volumes[0].Attachments[0].InstanceId' ec2 describe-volumes \
    --filters "Name=attachment.instance-id,Values=$instance")" "$instance"
ending=$(text job.jobID drs terminate-recovery-instances --recovery-instance-ids "$instance")
check 'termination is a job' "$ending" 'drsjob-*'
check 'which ends' "$(follow COMPLETED 'items[0].status' drs describe-jobs --filters "jobIDs=$ending")" COMPLETED
check 'a terminated instance is gone' \
    "$(text 'length(items)' drs describe-recovery-instances --filters "recoveryInstanceIDs=$instance")" 0
check 'a server that is not there is refused' \
    "$(refusal drs get-launch-configuration --source-server-id s-00000000000000000)" '*(ResourceNotFoundException)*'
