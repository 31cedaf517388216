# shellcheck shell=sh
# A zone, a switch of DNS, a health check, and what may not be.

zone=$(text HostedZone.Id route53 create-hosted-zone --name cli.example.com --caller-reference "cli-$$")
check 'a zone is made' "$zone" '/hostedzone/Z*'
batch() {
    printf '{"Changes":[{"Action":"%s","ResourceRecordSet":{"Name":"www.cli.example.com","Type":"A","TTL":60,' "$1"
    printf '"ResourceRecords":[{"Value":"%s"}]}}]}' "$2"
}
change=$(text ChangeInfo.Id route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$(batch UPSERT 10.0.0.1)")
check 'a change is sent' "$change" '/change/C*'
check 'the name servers have it' "$(follow INSYNC ChangeInfo.Status route53 get-change --id "$change")" INSYNC
check 'and answer it' "$(text 'RecordData[0]' route53 test-dns-answer --hosted-zone-id "$zone" --record-name www.cli.example.com \
    --record-type A)" 10.0.0.1
check 'what is not so is not deleted, in AWS'"'"'s words' \
    "$(refusal route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$(batch DELETE 10.0.0.2)")" \
    '*(InvalidChangeBatch)*Tried to delete resource record set*but the values provided do not match the current values*'
check 'record sets are listed in order' "$(text 'ResourceRecordSets[].Type' route53 list-resource-record-sets --hosted-zone-id "$zone")" \
    'NS?SOA?A'
check 'a zone with records is not deleted' "$(refusal route53 delete-hosted-zone --id "$zone")" '*(HostedZoneNotEmpty)*'
health=$(text HealthCheck.Id route53 create-health-check --caller-reference "cli-$$" \
    --health-check-config Type=HTTPS,FullyQualifiedDomainName=app.example.com)
check 'a health check watches' "$(text 'HealthCheckObservations[0].StatusReport.Status' route53 get-health-check-status \
    --health-check-id "$health")" 'Success*'
check 'it is tagged by its bare id' "$(cli route53 change-tags-for-resource --resource-type healthcheck --resource-id "$health" \
    --add-tags Key=by,Value=cli 2>&1
    text 'ResourceTagSet.Tags[0].Value' route53 list-tags-for-resource --resource-type healthcheck --resource-id "$health")" cli
check 'the record goes, the zone, the check' "$(
    cli route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$(batch DELETE 10.0.0.1)" > /dev/null 2>&1
    cli route53 delete-health-check --health-check-id "$health" 2>&1
    text ChangeInfo.Status route53 delete-hosted-zone --id "$zone"
)" PENDING
check 'a zone that is not there is refused' "$(refusal route53 get-hosted-zone --id Z00000000000000000000)" \
    '*(NoSuchHostedZone)*No hosted zone found with ID: Z00000000000000000000*'
