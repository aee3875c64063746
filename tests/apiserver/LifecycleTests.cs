using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tests;

/// <summary>Deletion, namespaces, pods, services, scale: what the objects go through.</summary>
public sealed class LifecycleTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Pods = "/api/v1/namespaces/default/pods";
    private const string Services = "/api/v1/namespaces/default/services";
    private const string Deployments = "/apis/apps/v1/namespaces/default/deployments";

    private static string Pod(string name) => $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{"containers":[{"name":"c","image":"host"}]}}""";

    private static string Service(string name, string spec) => $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""";

    private Task<(int Code, JsonObject Body)> BindAsync(string pod, string node) =>
        server.SendAsync("POST", $"{Pods}/{pod}/binding", $$$"""{"metadata":{"name":"{{{pod}}}"},"target":{"kind":"Node","name":"{{{node}}}"}}""");

    [Fact]
    public async Task Pod_WithoutANode_IsDeletedAtOnce()
    {
        await server.CreateAsync(Pods, Pod("loose"));
        Assert.Equal(200, (await server.SendAsync("DELETE", $"{Pods}/loose")).Code);
        Assert.Equal(404, (await server.SendAsync("GET", $"{Pods}/loose")).Code);
    }

    [Fact]
    public async Task Pod_OnANode_WaitsForTheKubeletsDelete()
    {
        await server.CreateAsync(Pods, Pod("bound"));
        Assert.Equal(201, (await BindAsync("bound", "n1")).Code);
        Assert.Equal(409, (await BindAsync("bound", "n2")).Code);
        var (_, marked) = await server.SendAsync("DELETE", $"{Pods}/bound", """{"gracePeriodSeconds":7}""");
        Assert.Equal(7, marked["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        Assert.NotNull(marked["metadata"]!["deletionTimestamp"]);
        Assert.Equal(200, (await server.SendAsync("GET", $"{Pods}/bound")).Code);

        // Longer is not granted, shorter is, 0 ends it.
        var (_, longer) = await server.SendAsync("DELETE", $"{Pods}/bound", """{"gracePeriodSeconds":60}""");
        Assert.Equal(7, longer["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        var (_, shorter) = await server.SendAsync("DELETE", $"{Pods}/bound", """{"gracePeriodSeconds":2}""");
        Assert.Equal(2, shorter["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        await server.SendAsync("DELETE", $"{Pods}/bound", """{"gracePeriodSeconds":0}""");
        Assert.Equal(404, (await server.SendAsync("GET", $"{Pods}/bound")).Code);
    }

    [Fact]
    public async Task Pod_ThatHasEnded_IsDeletedAtOnce()
    {
        await server.CreateAsync(Pods, Pod("ended"));
        await BindAsync("ended", "n1");
        var (code, _) = await server.SendAsync("PATCH", $"{Pods}/ended/status", """{"status":{"phase":"Succeeded"}}""", "application/merge-patch+json");
        Assert.Equal(200, code);
        await server.SendAsync("DELETE", $"{Pods}/ended");
        Assert.Equal(404, (await server.SendAsync("GET", $"{Pods}/ended")).Code);
    }

    [Fact]
    public async Task Pod_Spec_MayChangeItsImagesOnly()
    {
        await server.CreateAsync(Pods, Pod("fixed"));
        Assert.Equal(200, (await server.SendAsync("PATCH", $"{Pods}/fixed", """{"spec":{"containers":[{"name":"c","image":"other"}]}}""", "application/strategic-merge-patch+json")).Code);
        var (code, status) = await server.SendAsync("PATCH", $"{Pods}/fixed", """{"spec":{"hostNetwork":true}}""", "application/merge-patch+json");
        Assert.Equal((422, "Invalid"), (code, status["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Pod_Eviction_DeletesIt()
    {
        await server.CreateAsync(Pods, Pod("evicted"));
        Assert.Equal(201, (await server.SendAsync("POST", $"{Pods}/evicted/eviction", """{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"evicted"}}""")).Code);
        Assert.Equal(404, (await server.SendAsync("GET", $"{Pods}/evicted")).Code);
    }

    [Fact]
    public async Task Status_AndSpec_AreWrittenApart()
    {
        var made = await server.CreateAsync(Deployments, Deployment("apart"));
        Assert.Equal(1, made["metadata"]!["generation"]!.GetValue<int>());
        var (_, status) = await server.SendAsync("PATCH", $"{Deployments}/apart/status", """{"spec":{"replicas":9},"status":{"replicas":2}}""", "application/merge-patch+json");
        Assert.Equal((1, 2), (status["spec"]!["replicas"]!.GetValue<int>(), status["status"]!["replicas"]!.GetValue<int>()));
        Assert.Equal(1, status["metadata"]!["generation"]!.GetValue<int>());
        var (_, spec) = await server.SendAsync("PATCH", $"{Deployments}/apart", """{"spec":{"replicas":3},"status":{"replicas":7}}""", "application/merge-patch+json");
        Assert.Equal((3, 2), (spec["spec"]!["replicas"]!.GetValue<int>(), spec["status"]!["replicas"]!.GetValue<int>()));
        Assert.Equal(2, spec["metadata"]!["generation"]!.GetValue<int>());
        var (_, labelled) = await server.SendAsync("PATCH", $"{Deployments}/apart", """{"metadata":{"labels":{"a":"b"}}}""", "application/merge-patch+json");
        Assert.Equal(2, labelled["metadata"]!["generation"]!.GetValue<int>());
    }

    [Fact]
    public async Task Scale_IsAViewOfReplicas()
    {
        await server.CreateAsync(Deployments, Deployment("scaled"));
        var (_, scale) = await server.SendAsync("GET", $"{Deployments}/scaled/scale");
        Assert.Equal("app=x", scale["status"]!["selector"]!.GetValue<string>());
        scale["spec"]!["replicas"] = 5;
        Assert.Equal(200, (await server.SendAsync("PUT", $"{Deployments}/scaled/scale", scale.ToJsonString())).Code);
        Assert.Equal(409, (await server.SendAsync("PUT", $"{Deployments}/scaled/scale", scale.ToJsonString())).Code);
        Assert.Equal(200, (await server.SendAsync("PATCH", $"{Deployments}/scaled/scale", """{"spec":{"replicas":6}}""", "application/merge-patch+json")).Code);
        Assert.Equal(6, (await server.SendAsync("GET", $"{Deployments}/scaled")).Body["spec"]!["replicas"]!.GetValue<int>());
        Assert.Equal(422, (await server.SendAsync("PATCH", $"{Deployments}/scaled/scale", """{"spec":{"replicas":-1}}""", "application/merge-patch+json")).Code);
    }

    [Fact]
    public async Task Deployment_WhoseSelectorMissesItsTemplate_IsInvalid()
    {
        var (code, status) = await server.SendAsync("POST", Deployments, Deployment("missed").Replace("\"labels\":{\"app\":\"x\"}", "\"labels\":{\"app\":\"y\"}", StringComparison.Ordinal));
        Assert.Equal(422, code);
        Assert.Equal("spec.template.metadata.labels", status["details"]!["causes"]![0]!["field"]!.GetValue<string>());
        await server.CreateAsync(Deployments, Deployment("selected"));
        Assert.Equal(422, (await server.SendAsync("PATCH", $"{Deployments}/selected", """{"spec":{"selector":{"matchLabels":{"app":"z"}},"template":{"metadata":{"labels":{"app":"z"}}}}}""", "application/merge-patch+json")).Code);
    }

    [Fact]
    public async Task Finalizer_KeepsAnObjectUntilItIsTakenAway()
    {
        const string Path = "/api/v1/namespaces/default/configmaps";
        await server.CreateAsync(Path, """{"metadata":{"name":"held","finalizers":["example.com/x"]}}""");
        var (_, marked) = await server.SendAsync("DELETE", $"{Path}/held");
        Assert.NotNull(marked["metadata"]!["deletionTimestamp"]);
        Assert.Equal(422, (await server.SendAsync("PATCH", $"{Path}/held", """{"metadata":{"finalizers":["example.com/x","example.com/y"]}}""", "application/merge-patch+json")).Code);
        Assert.Equal(200, (await server.SendAsync("PATCH", $"{Path}/held", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json")).Code);
        Assert.Equal(404, (await server.SendAsync("GET", $"{Path}/held")).Code);
    }

    [Theory]
    [InlineData("Foreground", "foregroundDeletion")]
    [InlineData("Orphan", "orphan")]
    [InlineData("Background", null)]
    public async Task Delete_WithPropagation_LeavesItToTheGarbageCollector(string policy, string? finalizer)
    {
        var name = "prop-" + policy.ToLowerInvariant();
        await server.CreateAsync(Deployments, Deployment(name));
        Assert.Equal(200, (await server.SendAsync("DELETE", $"{Deployments}/{name}", $$"""{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"{{policy}}"}""")).Code);
        var (code, item) = await server.SendAsync("GET", $"{Deployments}/{name}");
        Assert.Equal(finalizer is null ? 404 : 200, code);
        if (finalizer is not null)
        {
            Assert.Equal(finalizer, item["metadata"]!["finalizers"]![0]!.GetValue<string>());
        }
    }

    [Theory]
    [InlineData("""{"preconditions":{"uid":"00000000-0000-0000-0000-000000000000"}}""", 409)]
    [InlineData("""{"preconditions":{"resourceVersion":"1"}}""", 409)]
    [InlineData("""{"propagationPolicy":"Sideways"}""", 400)]
    [InlineData("""{"dryRun":["All"]}""", 200)]
    public async Task Delete_ThatShouldNotHappen_DoesNot(string options, int expected)
    {
        await server.SendAsync("POST", "/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"stays"}}""");
        Assert.Equal(expected, (await server.SendAsync("DELETE", "/api/v1/namespaces/default/configmaps/stays", options)).Code);
        Assert.Equal(200, (await server.SendAsync("GET", "/api/v1/namespaces/default/configmaps/stays")).Code);
    }

    [Fact]
    public async Task Namespace_Terminating_TakesNothingAndGoesWhenFinalized()
    {
        await server.CreateAsync("/api/v1/namespaces", """{"metadata":{"name":"ending"}}""");
        Assert.Equal(200, (await server.SendAsync("GET", "/api/v1/namespaces/ending/serviceaccounts/default")).Code);
        var (_, ending) = await server.SendAsync("DELETE", "/api/v1/namespaces/ending");
        Assert.Equal("Terminating", ending["status"]!["phase"]!.GetValue<string>());
        var (code, status) = await server.SendAsync("POST", "/api/v1/namespaces/ending/configmaps", """{"metadata":{"name":"late"}}""");
        Assert.Equal(403, code);
        Assert.Equal("NamespaceTerminating", status["details"]!["causes"]![0]!["reason"]!.GetValue<string>());
        ending["spec"]!["finalizers"] = new JsonArray();
        Assert.Equal(200, (await server.SendAsync("PUT", "/api/v1/namespaces/ending/finalize", ending.ToJsonString())).Code);
        Assert.Equal(404, (await server.SendAsync("GET", "/api/v1/namespaces/ending")).Code);
    }

    [Fact]
    public async Task Service_GetsAnAddressAndGivesItBack()
    {
        var made = await server.CreateAsync(Services, Service("given", """{"ports":[{"port":80}]}"""));
        var address = made["spec"]!["clusterIP"]!.GetValue<string>();
        Assert.StartsWith("10.96.", address, StringComparison.Ordinal);
        Assert.Equal(address, made["spec"]!["clusterIPs"]![0]!.GetValue<string>());
        var (code, status) = await server.SendAsync("POST", Services, Service("taken", $$"""{"clusterIP":"{{address}}","ports":[{"port":80}]}"""));
        Assert.Equal(422, code);
        Assert.Contains("provided IP is already allocated", status["message"]!.GetValue<string>(), StringComparison.Ordinal);
        await server.SendAsync("DELETE", $"{Services}/given");
        await server.CreateAsync(Services, Service("taken", $$"""{"clusterIP":"{{address}}","ports":[{"port":80}]}"""));
        Assert.Equal(422, (await server.SendAsync("PATCH", $"{Services}/taken", """{"spec":{"clusterIP":"10.96.0.77","clusterIPs":["10.96.0.77"]}}""", "application/merge-patch+json")).Code);
    }

    [Fact]
    public async Task Service_NodePort_IsKeptAndReleased()
    {
        var made = await server.CreateAsync(Services, Service("np", """{"type":"NodePort","ports":[{"port":53,"protocol":"TCP","name":"t"},{"port":53,"protocol":"UDP","name":"u"}]}"""));
        var ports = made["spec"]!["ports"]!.AsArray().Select(port => port!["nodePort"]!.GetValue<int>()).ToArray();
        Assert.Equal(ports[0], ports[1]);
        Assert.InRange(ports[0], 30000, 32767);
        Assert.Equal(422, (await server.SendAsync("POST", Services, Service("np2", $$$"""{"type":"NodePort","ports":[{"port":1,"nodePort":{{{ports[0]}}}}]}"""))).Code);
        Assert.Equal(422, (await server.SendAsync("POST", Services, Service("np2", """{"type":"NodePort","ports":[{"port":1,"nodePort":80}]}"""))).Code);

        // A replace that leaves the allocated fields out keeps them.
        var (_, replaced) = await server.SendAsync("PUT", $"{Services}/np", Service("np", """{"type":"NodePort","selector":{"a":"b"},"ports":[{"port":53,"protocol":"TCP","name":"t"},{"port":53,"protocol":"UDP","name":"u"}]}"""));
        Assert.Equal(ports[0], replaced["spec"]!["ports"]![0]!["nodePort"]!.GetValue<int>());
        Assert.Equal(made["spec"]!["clusterIP"]!.GetValue<string>(), replaced["spec"]!["clusterIP"]!.GetValue<string>());
        var (_, plain) = await server.SendAsync("PATCH", $"{Services}/np", """{"spec":{"type":"ClusterIP"}}""", "application/merge-patch+json");
        Assert.Null(plain["spec"]!["ports"]![0]!["nodePort"]);
        await server.CreateAsync(Services, Service("np2", $$$"""{"type":"NodePort","ports":[{"port":1,"nodePort":{{{ports[0]}}}}]}"""));
    }

    [Theory]
    [InlineData("""{"clusterIP":"None","ports":[{"port":80}]}""", "None")]
    [InlineData("""{"clusterIP":"None","selector":{"a":"b"}}""", "None")]
    [InlineData("""{"type":"ExternalName","externalName":"example.com"}""", null)]
    public async Task Service_WithoutAnAddress_GetsNone(string spec, string? expected)
    {
        var (code, made) = await server.SendAsync("POST", Services + "?dryRun=All", Service("none", spec));
        Assert.Equal(201, code);
        Assert.Equal(expected, made["spec"]!["clusterIP"]?.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"ports":[]}""")]
    [InlineData("""{"ports":[{"port":0}]}""")]
    [InlineData("""{"ports":[{"port":80},{"port":81}]}""")]
    [InlineData("""{"ports":[{"port":80,"name":"a"},{"port":80,"name":"b"}]}""")]
    [InlineData("""{"ports":[{"port":80,"protocol":"ICMP"}]}""")]
    [InlineData("""{"clusterIP":"192.0.2.1","ports":[{"port":80}]}""")]
    [InlineData("""{"clusterIP":"fd00::1","ports":[{"port":80}]}""")]
    [InlineData("""{"type":"ExternalName"}""")]
    [InlineData("""{"ports":[{"port":80,"nodePort":30001}]}""")]
    [InlineData("""{"ipFamilyPolicy":"RequireDualStack","ports":[{"port":80}]}""")]
    [InlineData("""{"sessionAffinity":"Cookie","ports":[{"port":80}]}""")]
    [InlineData("""{"type":"NodePort","clusterIP":"None","ports":[{"port":80}]}""")]
    public async Task Service_ThatCannotBe_IsInvalid(string spec) => Assert.Equal(422, (await server.SendAsync("POST", Services, Service("bad", spec))).Code);

    [Fact]
    public async Task Secret_StringData_BecomesData()
    {
        var made = await server.CreateAsync("/api/v1/namespaces/default/secrets", """{"metadata":{"name":"s"},"stringData":{"a":"text"}}""");
        Assert.Equal("dGV4dA==", made["data"]!["a"]!.GetValue<string>());
        Assert.Null(made["stringData"]);
        Assert.Equal("Opaque", made["type"]!.GetValue<string>());
        Assert.Equal(422, (await server.SendAsync("PATCH", "/api/v1/namespaces/default/secrets/s", """{"type":"other"}""", "application/merge-patch+json")).Code);
        Assert.Equal(400, (await server.SendAsync("POST", "/api/v1/namespaces/default/secrets", """{"metadata":{"name":"t"},"data":{"a":"not base64!"}}""")).Code);
    }

    [Fact]
    public async Task Bootstrap_ServiceAndSlice_PointToTheServer()
    {
        var (_, service) = await server.SendAsync("GET", $"{Services}/kubernetes");
        Assert.Equal("10.96.0.1", service["spec"]!["clusterIP"]!.GetValue<string>());
        var (_, slice) = await server.SendAsync("GET", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes");
        Assert.Equal("127.0.0.1", slice["endpoints"]![0]!["addresses"]![0]!.GetValue<string>());
        Assert.Equal(new Uri(server.Handle.Server).Port, slice["ports"]![0]!["port"]!.GetValue<int>());
    }

    private static string Deployment(string name) =>
        $$$$$"""{"metadata":{"name":"{{{{{name}}}}}"},"spec":{"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"host"}]}}}}""";
}
