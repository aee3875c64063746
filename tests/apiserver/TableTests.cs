using System.Text.Json;
using Podwire.ApiServer.Resources;
using Podwire.ApiServer.Tables;

namespace Podwire.ApiServer.Tests;

/// <summary>What kubectl get prints.</summary>
public class TableTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Parse("2026-01-02T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(185, "3m5s")]
    [InlineData(600, "10m")]
    [InlineData(10_799, "179m")]
    [InlineData(10_800, "3h")]
    [InlineData(3 * 3600 + 300, "3h5m")]
    [InlineData(8 * 3600 + 300, "8h")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(48 * 3600, "2d")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(8 * 86400 + 7200, "8d")]
    [InlineData(729 * 86400, "729d")]
    [InlineData(740 * 86400, "2y10d")]
    [InlineData(8 * 365 * 86400, "8y")]
    public void Duration_ForPeople_IsKubectls(long seconds, string expected) => Assert.Equal(expected, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData("""{"status":{"phase":"Pending"}}""", "0/1 Pending 0")]
    [InlineData("""{"status":{"phase":"Running","containerStatuses":[{"name":"c","ready":true,"restartCount":0,"state":{"running":{}}}]}}""", "1/1 Running 0")]
    [InlineData("""{"status":{"phase":"Running","containerStatuses":[{"name":"c","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"finishedAt":"2026-01-01T23:55:00Z"}}}]}}""", "0/1 CrashLoopBackOff 3 (5m ago)")]
    [InlineData("""{"status":{"phase":"Pending","containerStatuses":[{"name":"c","state":{"waiting":{"reason":"ErrImagePull"}}}]}}""", "0/1 ErrImagePull 0")]
    [InlineData("""{"status":{"phase":"Succeeded","containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}}""", "0/1 Completed 0")]
    [InlineData("""{"status":{"phase":"Failed","containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":3}}}]}}""", "0/1 ExitCode:3 0")]
    [InlineData("""{"status":{"phase":"Failed","reason":"Evicted"}}""", "0/1 Evicted 0")]
    [InlineData("""{"metadata":{"deletionTimestamp":"x"},"status":{"phase":"Running","containerStatuses":[{"name":"c","ready":true,"state":{"running":{}}}]}}""", "1/1 Terminating 0")]
    [InlineData("""{"spec":{"containers":[{}],"initContainers":[{"name":"i"},{"name":"j"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"running":{}}}]}}""", "0/1 Init:1/2 0")]
    [InlineData("""{"spec":{"containers":[{}],"initContainers":[{"name":"i"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"i","restartCount":1,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}""", "0/1 Init:CrashLoopBackOff 1")]
    public void Pod_InEachState_IsSummedUp(string json, string expected)
    {
        if (!json.Contains("\"spec\"", StringComparison.Ordinal))
        {
            json = json[..^1] + ""","spec":{"containers":[{"name":"c"}]}}""";
        }

        using var document = JsonDocument.Parse(json);
        var summary = PodSummary.Of(document.RootElement, Now);
        Assert.Equal(expected, $"{summary.Ready}/{summary.Total} {summary.Status} {summary.Restarts}");
    }

    [Theory]
    [InlineData("services", """{"metadata":{"name":"s","creationTimestamp":"2026-01-01T00:00:00Z"},"spec":{"type":"NodePort","clusterIP":"10.96.0.9","selector":{"b":"2","a":"1"},"ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}}""", "s|NodePort|10.96.0.9|<none>|80:30080/TCP,53/UDP|24h|a=1,b=2")]
    [InlineData("services", """{"metadata":{"name":"e"},"spec":{"type":"ExternalName","externalName":"x.example"}}""", "e|ExternalName|<none>|x.example|<none>|<unknown>|<none>")]
    [InlineData("nodes", """{"metadata":{"name":"n","labels":{"node-role.kubernetes.io/control-plane":"","node-role.kubernetes.io/a":""}},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"10.0.0.1"}],"nodeInfo":{"kubeletVersion":"v1"}}}""", "n|Ready,SchedulingDisabled|a,control-plane|<unknown>|v1|10.0.0.1|<none>|<unknown>|<unknown>|<unknown>")]
    [InlineData("nodes", """{"metadata":{"name":"n"},"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}""", "n|NotReady|<none>|<unknown>||<none>|<none>|<unknown>|<unknown>|<unknown>")]
    [InlineData("deployments", """{"metadata":{"name":"d"},"spec":{"replicas":3,"selector":{"matchLabels":{"a":"b"}},"template":{"spec":{"containers":[{"name":"x","image":"i"},{"name":"y","image":"j"}]}}},"status":{"readyReplicas":1,"updatedReplicas":2,"availableReplicas":1}}""", "d|1/3|2|1|<unknown>|x,y|i,j|a=b")]
    [InlineData("replicasets", """{"metadata":{"name":"r"},"spec":{"replicas":2},"status":{"replicas":2}}""", "r|2|2|0|<unknown>||  |<none>")]
    [InlineData("endpointslices", """{"metadata":{"name":"e"},"addressType":"IPv4","ports":[{"port":80},{"port":81}],"endpoints":[{"addresses":["1.1.1.1"]},{"addresses":["1.1.1.2"]},{"addresses":["1.1.1.3"]},{"addresses":["1.1.1.4"]}]}""", "e|IPv4|80,81|1.1.1.1,1.1.1.2,1.1.1.3 + 1 more...|<unknown>")]
    [InlineData("endpointslices", """{"metadata":{"name":"e"},"addressType":"IPv4"}""", "e|IPv4|<unset>|<unset>|<unknown>")]
    [InlineData("endpoints", """{"metadata":{"name":"e"},"subsets":[{"addresses":[{"ip":"1.1.1.1"}],"ports":[{"port":80}]}]}""", "e|1.1.1.1:80|<unknown>")]
    [InlineData("secrets", """{"metadata":{"name":"s"},"type":"Opaque","data":{"a":"","b":""}}""", "s|Opaque|2|<unknown>")]
    [InlineData("namespaces", """{"metadata":{"name":"n"},"status":{"phase":"Active"}}""", "n|Active|<unknown>")]
    [InlineData("leases", """{"metadata":{"name":"l"},"spec":{"holderIdentity":"n1"}}""", "l|n1|<unknown>")]
    [InlineData("events", """{"metadata":{"name":"e"},"type":"Normal","reason":"R","message":"m ","count":2,"firstTimestamp":"2026-01-01T23:00:00Z","lastTimestamp":"2026-01-01T23:59:00Z","involvedObject":{"kind":"Pod","name":"p"},"source":{"component":"c","host":"h"}}""", "60s|Normal|R|pod/p||c, h|m|60m|2|e")]
    public void Row_OfEachResource_HasItsCells(string plural, string json, string expected)
    {
        var resource = BuiltInResources.Create().First(resource => resource.Plural == plural);
        using var document = JsonDocument.Parse(json);
        var cells = resource.Table.Cells(document.RootElement, Now);
        Assert.Equal(resource.Table.Columns.Count, cells.Length);
        Assert.Equal(expected.Replace("  ", string.Empty, StringComparison.Ordinal), string.Join('|', cells.Select(cell => cell!.ToString())));
    }
}
