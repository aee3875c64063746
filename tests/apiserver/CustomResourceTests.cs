using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tests;

/// <summary>CustomResourceDefinitions over HTTP: establishing, pruning, defaults, validation, status, deletion, restart.</summary>
public sealed class CustomResourceTests(TestServer server) : IClassFixture<TestServer>
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private const string Schema = """
        {"type":"object","required":["spec"],"properties":{
          "spec":{"type":"object","required":["cidr"],"x-kubernetes-validations":[{"rule":"isCIDR(self.cidr)","message":"cidr is no CIDR"},{"rule":"self.cidr == oldSelf.cidr","message":"cidr is immutable"}],"properties":{
            "cidr":{"type":"string"},
            "mode":{"type":"string","enum":["Always","Never"],"default":"Never"},
            "size":{"type":"integer","minimum":1,"maximum":32},
            "port":{"x-kubernetes-int-or-string":true},
            "tags":{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"set"},
            "holes":{"type":"array","items":{"type":"integer","nullable":true}},
            "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
            "labels":{"type":"object","additionalProperties":{"type":"string"}},
            "inner":{"type":"object","default":{},"properties":{"depth":{"type":"integer","default":3}}}}},
          "status":{"type":"object","properties":{"phase":{"type":"string"}}}}}
        """;

    private static string Definition(string plural, string kind, string schema = Schema, string scope = "Namespaced", string version = "") => $$$"""
        {"metadata":{"name":"{{{plural}}}.test.podwire.io"},"spec":{"group":"test.podwire.io","scope":"{{{scope}}}","names":{"plural":"{{{plural}}}","kind":"{{{kind}}}","shortNames":["{{{plural[..3]}}}"]},
        "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":{{{schema}}}}{{{version}}}}]}}
        """;

    private static string Path(string plural) => $"/apis/test.podwire.io/v1/namespaces/default/{plural}";

    private static string Item(string name, string spec) => $$$"""{"metadata":{"name":"{{{name}}}"},"spec":{{{spec}}}}""";

    private async Task DefineAsync(string definition) => await server.CreateAsync(Definitions, definition);

    [Fact]
    public async Task Definition_IsEstablishedAndServedWithDiscoveryAndOpenApi()
    {
        await DefineAsync(Definition("ponds", "Pond"));
        var (_, definition) = await server.SendAsync("GET", $"{Definitions}/ponds.test.podwire.io");
        Assert.Equal(["NamesAccepted=True", "Established=True"], definition["status"]!["conditions"]!.AsArray().Select(condition => $"{condition!["type"]}={condition["status"]}"));
        Assert.Equal("PondList", definition["spec"]!["names"]!["listKind"]!.GetValue<string>());
        Assert.Equal("pond", definition["status"]!["acceptedNames"]!["singular"]!.GetValue<string>());

        var (code, resources) = await server.SendAsync("GET", "/apis/test.podwire.io/v1");
        Assert.Equal(200, code);
        Assert.Contains(resources["resources"]!.AsArray(), resource => resource!["name"]!.GetValue<string>() == "ponds/status");
        var (_, api) = await server.SendAsync("GET", "/openapi/v3/apis/test.podwire.io/v1");
        Assert.NotNull(api["components"]!["schemas"]!["io.podwire.test.v1.Pond"]!["properties"]!["spec"]!["properties"]!["cidr"]);
        var (_, list) = await server.SendAsync("GET", Path("ponds"));
        Assert.Equal("PondList", list["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task Object_IsPrunedAndDefaulted()
    {
        await DefineAsync(Definition("lakes", "Lake"));
        var made = await server.CreateAsync(Path("lakes"), Item("one", """{"cidr":"10.0.0.0/24","unknown":1,"free":{"any":{"thing":[1]}},"labels":{"a":"b"},"port":"http","holes":[1,null,2],"mode":null}"""));
        Assert.Equal("""{"cidr":"10.0.0.0/24","free":{"any":{"thing":[1]}},"labels":{"a":"b"},"port":"http","holes":[1,null,2],"mode":"Never","inner":{"depth":3}}""", made["spec"]!.ToJsonString());
        Assert.Equal("test.podwire.io/v1 Lake 1", $"{made["apiVersion"]} {made["kind"]} {made["metadata"]!["generation"]}");

        var (code, refused) = await server.SendAsync("POST", Path("lakes") + "?fieldValidation=Strict", Item("two", """{"cidr":"10.0.0.0/24","unknown":1}"""));
        Assert.Equal((400, true), (code, refused["message"]!.GetValue<string>().Contains("unknown field \"spec.unknown\"", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("{}", "spec.cidr: Required value")]
    [InlineData("""{"cidr":5}""", "spec.cidr in body must be of type string: \"integer\"")]
    [InlineData("""{"cidr":"ten"}""", "spec: Invalid value: \"object\": cidr is no CIDR")]
    [InlineData("""{"cidr":"10.0.0.0/8","mode":"Sometimes"}""", "spec.mode: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\"")]
    [InlineData("""{"cidr":"10.0.0.0/8","size":33}""", "spec.size in body should be less than or equal to 32")]
    [InlineData("""{"cidr":"10.0.0.0/8","port":true}""", "spec.port in body must be of type integer,string")]
    [InlineData("""{"cidr":"10.0.0.0/8","tags":["a","a"]}""", "spec.tags[1]: Duplicate value")]
    public async Task Object_AgainstItsSchema_IsRefusedByField(string spec, string message)
    {
        await server.SendAsync("POST", Definitions, Definition("seas", "Sea"));
        var (code, answer) = await server.SendAsync("POST", Path("seas"), Item("wrong", spec));
        Assert.Equal(422, code);
        Assert.Contains(message, answer["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(404, (await server.SendAsync("GET", $"{Path("seas")}/wrong")).Code);
    }

    [Fact]
    public async Task Update_CountsGenerations_KeepsStatusApart_AndAsksTransitionRules()
    {
        await DefineAsync(Definition("rivers", "River"));
        await server.CreateAsync(Path("rivers"), Item("r", """{"cidr":"10.0.0.0/24"}"""));
        var (_, patched) = await server.SendAsync("PATCH", $"{Path("rivers")}/r", """{"spec":{"size":4},"status":{"phase":"Lost"}}""", "application/merge-patch+json");
        Assert.Equal(2, patched["metadata"]!["generation"]!.GetValue<int>());
        Assert.Null(patched["status"]);
        var (_, status) = await server.SendAsync("PATCH", $"{Path("rivers")}/r/status", """{"spec":{"size":9},"status":{"phase":"Ready"}}""", "application/merge-patch+json");
        Assert.Equal("Ready 4 2", $"{status["status"]!["phase"]} {status["spec"]!["size"]} {status["metadata"]!["generation"]}");
        var (code, refused) = await server.SendAsync("PATCH", $"{Path("rivers")}/r", """{"spec":{"cidr":"10.1.0.0/24"}}""", "application/merge-patch+json");
        Assert.Equal(422, code);
        Assert.Contains("cidr is immutable", refused["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(415, (await server.SendAsync("PATCH", $"{Path("rivers")}/r", "{}", "application/strategic-merge-patch+json")).Code);
    }

    [Fact]
    public async Task Definition_Deleted_TakesItsObjectsAndEndsItsWatches()
    {
        await DefineAsync(Definition("wells", "Well"));
        await server.CreateAsync(Path("wells"), Item("w", """{"cidr":"10.0.0.0/24"}"""));
        using var watch = await server.Admin.GetAsync($"{Path("wells")}?watch=true", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal(200, (await server.SendAsync("DELETE", $"{Definitions}/wells.test.podwire.io")).Code);
        var streamed = await watch.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("ADDED", streamed, StringComparison.Ordinal);
        await EventuallyAsync(async () => (await server.SendAsync("GET", $"{Definitions}/wells.test.podwire.io")).Code == 404);
        Assert.Equal(404, (await server.SendAsync("GET", Path("wells"))).Code);

        // A definition of that name begins without the old objects.
        await DefineAsync(Definition("wells", "Well"));
        var (_, list) = await server.SendAsync("GET", Path("wells"));
        Assert.Empty(list["items"]!.AsArray());
    }

    [Fact]
    public async Task Definition_WithAnObjectThatAFinalizerKeeps_WaitsForIt()
    {
        await DefineAsync(Definition("dams", "Dam"));
        await server.CreateAsync(Path("dams"), """{"metadata":{"name":"d","finalizers":["podwire.io/keep"]},"spec":{"cidr":"10.0.0.0/24"}}""");
        await server.SendAsync("DELETE", $"{Definitions}/dams.test.podwire.io");
        await EventuallyAsync(async () => (await server.SendAsync("GET", $"{Path("dams")}/d")).Body["metadata"]!["deletionTimestamp"] is not null);
        Assert.Equal(200, (await server.SendAsync("GET", $"{Definitions}/dams.test.podwire.io")).Code);
        await server.SendAsync("PATCH", $"{Path("dams")}/d", """{"metadata":{"finalizers":null}}""", "application/merge-patch+json");
        await EventuallyAsync(async () => (await server.SendAsync("GET", $"{Definitions}/dams.test.podwire.io")).Code == 404);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{}}}""", "must not be empty for specified object fields")]
    [InlineData("""{"type":"array","items":{"type":"string"}}""", "must be object at the root")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","pattern":"("}}}""", "must be a valid regular expression")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","default":"x"}}}""", "must be of type integer")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"object","additionalProperties":{"type":"string"},"properties":{"b":{"type":"string"}}}}}""", "mutual exclusive")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/b","type":"string"}}}""", "$ref is not supported")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","x-kubernetes-validations":[{"rule":"quantity(self) > 1"}]}}}""", "the function quantity() with 1 argument(s) is not supported")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array","items":{"type":"string","x-kubernetes-validations":[{"rule":"self == oldSelf"}]}}}}""", "uncorrelatable")]
    public async Task Definition_ThatCannotBeObeyed_IsRefused(string schema, string message)
    {
        var (code, answer) = await server.SendAsync("POST", Definitions, Definition("wrongs", "Wrong", schema));
        Assert.Equal(422, code);
        Assert.Contains(message, answer["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Definition_WithTakenNames_IsNotServed()
    {
        await DefineAsync(Definition("firsts", "First"));
        await DefineAsync(Definition("seconds", "First"));
        var (_, definition) = await server.SendAsync("GET", $"{Definitions}/seconds.test.podwire.io");
        Assert.Contains(definition["status"]!["conditions"]!.AsArray(), condition => condition!["type"]!.GetValue<string>() == "NamesAccepted" && condition["message"]!.GetValue<string>() == "\"first\" is already in use");
        Assert.Equal(404, (await server.SendAsync("GET", Path("seconds"))).Code);
        await server.SendAsync("DELETE", $"{Definitions}/seconds.test.podwire.io");
    }

    [Fact]
    public async Task Columns_AreTheDefinitions()
    {
        await DefineAsync(Definition("pools", "Pool", version: ""","additionalPrinterColumns":[{"name":"CIDR","type":"string","jsonPath":".spec.cidr"},{"name":"Size","type":"integer","jsonPath":".spec.size","priority":1},{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}]"""));
        await server.CreateAsync(Path("pools"), Item("p", """{"cidr":"10.0.0.0/24","size":7}"""));
        using var request = new HttpRequestMessage(HttpMethod.Get, Path("pools"));
        request.Headers.Add("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
        using var answer = await server.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        var table = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(["Name", "CIDR", "Size", "Age"], table["columnDefinitions"]!.AsArray().Select(column => column!["name"]!.GetValue<string>()));
        Assert.StartsWith("""["p","10.0.0.0/24",7,""", table["rows"]![0]!["cells"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restart_ServesWhatWasDeclared()
    {
        var own = new TestServer();
        await own.InitializeAsync();
        await using (own)
        {
            await own.CreateAsync(Definitions, Definition("springs", "Spring"));
            await own.CreateAsync(Path("springs"), Item("kept", """{"cidr":"10.0.0.0/24"}"""));
            await own.RestartAsync();
            var (code, kept) = await own.SendAsync("GET", $"{Path("springs")}/kept");
            Assert.Equal((200, "Never"), (code, kept["spec"]?["mode"]?.GetValue<string>()));
            await own.CreateAsync(Path("springs"), Item("new", """{"cidr":"10.0.1.0/24"}"""));
        }
    }

    internal static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; i < 200; i++)
        {
            if (await holds())
            {
                return;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        Assert.Fail("it did not become so in 10 s");
    }
}
