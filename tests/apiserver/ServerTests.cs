using System.Text.Json.Nodes;

namespace Podwire.ApiServer.Tests;

/// <summary>Verbs, Status errors and lists of a running server.</summary>
public sealed class ServerTests(TestServer server) : IClassFixture<TestServer>
{
    private const string ConfigMaps = "/api/v1/namespaces/default/configmaps";

    private static string ConfigMap(string name, string data = """{"a":"1"}""", string metadata = "") =>
        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}"{{{metadata}}}},"data":{{{data}}}}""";

    [Fact]
    public async Task Create_AConfigMap_IsStoredWithServerFields()
    {
        var made = await server.CreateAsync(ConfigMaps, ConfigMap("made", metadata: ""","uid":"mine","resourceVersion":"","deletionTimestamp":"2020-01-01T00:00:00Z","managedFields":[]"""));
        var metadata = made["metadata"]!;
        Assert.NotEqual("mine", metadata["uid"]!.GetValue<string>());
        Assert.Equal("default", metadata["namespace"]!.GetValue<string>());
        Assert.NotNull(metadata["creationTimestamp"]);
        Assert.NotNull(metadata["resourceVersion"]);
        Assert.Null(metadata["deletionTimestamp"]);
        Assert.Null(metadata["managedFields"]);
        var (code, read) = await server.SendAsync("GET", $"{ConfigMaps}/made");
        Assert.Equal(200, code);
        Assert.True(JsonNode.DeepEquals(made, read));
    }

    [Theory]
    [InlineData("POST", ConfigMaps, "{", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps, "[]", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps, "", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps, """{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}""", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps, """{"metadata":{"name":"x","namespace":"other"}}""", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps, """{"metadata":{"name":"x"},"data":{"a":1}}""", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps, """{"metadata":{"name":"x","resourceVersion":"7"}}""", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps, """{"metadata":{}}""", 422, "Invalid")]
    [InlineData("POST", ConfigMaps, """{"metadata":{"name":"No_Good"}}""", 422, "Invalid")]
    [InlineData("POST", ConfigMaps, """{"metadata":{"name":"x","labels":{"a b":"c"}}}""", 422, "Invalid")]
    [InlineData("POST", ConfigMaps, """{"metadata":{"name":"x"},"data":{"a/b":"c"}}""", 422, "Invalid")]
    [InlineData("POST", "/api/v1/namespaces/nowhere/configmaps", """{"metadata":{"name":"x"}}""", 404, "NotFound")]
    [InlineData("POST", "/api/v1/configmaps", """{"metadata":{"name":"x"}}""", 405, "MethodNotAllowed")]
    [InlineData("POST", ConfigMaps + "?dryRun=Some", """{"metadata":{"name":"x"}}""", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps + "?fieldValidation=Strict", """{"metadata":{"name":"x"},"dato":{}}""", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps + "?fieldValidation=Strict", """{"metadata":{"name":"x","name":"y"}}""", 400, "BadRequest")]
    [InlineData("POST", ConfigMaps + "?fieldValidation=Odd", """{"metadata":{"name":"x"}}""", 400, "BadRequest")]
    [InlineData("GET", ConfigMaps + "/absent", null, 404, "NotFound")]
    [InlineData("DELETE", ConfigMaps + "/absent", null, 404, "NotFound")]
    [InlineData("PUT", ConfigMaps + "/absent", """{"metadata":{"name":"absent"}}""", 404, "NotFound")]
    [InlineData("GET", ConfigMaps + "?labelSelector=a+in+b", null, 400, "BadRequest")]
    [InlineData("GET", ConfigMaps + "?fieldSelector=data.a%3D1", null, 400, "BadRequest")]
    [InlineData("GET", ConfigMaps + "?limit=-1", null, 400, "BadRequest")]
    [InlineData("GET", ConfigMaps + "?resourceVersion=x", null, 400, "BadRequest")]
    [InlineData("GET", ConfigMaps + "?continue=junk", null, 400, "BadRequest")]
    [InlineData("GET", ConfigMaps + "?resourceVersionMatch=Exact", null, 400, "BadRequest")]
    [InlineData("GET", ConfigMaps + "?resourceVersion=99999999", null, 504, "Timeout")]
    [InlineData("GET", ConfigMaps + "?watch=1&resourceVersion=99999999", null, 504, "Timeout")]
    [InlineData("GET", "/api/v1/widgets", null, 404, "NotFound")]
    [InlineData("GET", "/apis/widgets.example.com/v1/widgets", null, 404, "NotFound")]
    [InlineData("GET", "/nothing", null, 404, "NotFound")]
    [InlineData("GET", "/api/v1/namespaces/default/pods/x/exec", null, 501, "NotImplemented")]
    public async Task Request_ThatCannotBe_GetsItsStatus(string method, string path, string? body, int code, string reason)
    {
        var before = await ListAsync();
        var (got, status) = await server.SendAsync(method, path, body);
        Assert.Equal((code, reason), (got, status["reason"]?.GetValue<string>()));
        Assert.Equal("Status", status["kind"]!.GetValue<string>());
        Assert.Equal("Failure", status["status"]!.GetValue<string>());
        Assert.Equal(code, status["code"]!.GetValue<int>());
        Assert.NotEqual(string.Empty, status["message"]!.GetValue<string>());
        Assert.Equal(before, await ListAsync());
    }

    [Fact]
    public async Task Create_Twice_IsAConflict()
    {
        await server.CreateAsync(ConfigMaps, ConfigMap("twice"));
        var (code, status) = await server.SendAsync("POST", ConfigMaps, ConfigMap("twice"));
        Assert.Equal(409, code);
        Assert.Equal("AlreadyExists", status["reason"]!.GetValue<string>());
        Assert.Equal("configmaps \"twice\" already exists", status["message"]!.GetValue<string>());
        Assert.Equal("""{"name":"twice","kind":"configmaps"}""", status["details"]!.ToJsonString());
    }

    [Fact]
    public async Task Invalid_Object_NamesEveryFieldInItsCauses()
    {
        var (code, status) = await server.SendAsync("POST", "/api/v1/namespaces/default/pods", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"},{"name":"a","image":"i","ports":[{"containerPort":70000}]}],"restartPolicy":"Sometimes"}}""");
        Assert.Equal(422, code);
        Assert.Equal(
            ["spec.containers[0].image", "spec.containers[1].name", "spec.containers[1].ports[0].containerPort", "spec.restartPolicy"],
            status["details"]!["causes"]!.AsArray().Select(cause => cause!["field"]!.GetValue<string>()).Order());
        Assert.StartsWith("Pod \"p\" is invalid: [", status["message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_WithUnknownField_WarnsAndDropsIt()
    {
        using var content = new StringContent("""{"metadata":{"name":"warned"},"datum":{"a":"b"}}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await server.Admin.PostAsync(ConfigMaps, content, TestContext.Current.CancellationToken);
        Assert.Equal(201, (int)answer.StatusCode);
        Assert.Equal("299 - \"unknown field \\\"datum\\\"\"", Assert.Single(answer.Headers.GetValues("Warning")));
        Assert.DoesNotContain("datum", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Create_DryRun_AnswersAndStoresNothing()
    {
        var (code, item) = await server.SendAsync("POST", ConfigMaps + "?dryRun=All", ConfigMap("dry"));
        Assert.Equal(201, code);
        Assert.NotNull(item["metadata"]!["uid"]);
        Assert.Equal(404, (await server.SendAsync("GET", $"{ConfigMaps}/dry")).Code);
    }

    [Fact]
    public async Task Create_WithGenerateName_MakesAName()
    {
        var made = await server.CreateAsync(ConfigMaps, """{"metadata":{"generateName":"gen-"}}""");
        Assert.Matches("^gen-[a-z0-9]{5}$", made["metadata"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Create_FromYaml_IsTheSameAsJson()
    {
        var (code, made) = await server.SendAsync("POST", ConfigMaps, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: |\n    x\n    y\n", "application/yaml");
        Assert.Equal(201, code);
        Assert.Equal("x\ny\n", made["data"]!["a"]!.GetValue<string>());
    }

    [Fact]
    public async Task Update_FromAnOldRevision_IsAConflict()
    {
        var first = await server.CreateAsync(ConfigMaps, ConfigMap("guarded"));
        first["data"]!["a"] = "2";
        var (code, second) = await server.SendAsync("PUT", $"{ConfigMaps}/guarded", first.ToJsonString());
        Assert.Equal(200, code);
        Assert.NotEqual(first["metadata"]!["resourceVersion"]!.GetValue<string>(), second["metadata"]!["resourceVersion"]!.GetValue<string>());
        var (conflict, status) = await server.SendAsync("PUT", $"{ConfigMaps}/guarded", first.ToJsonString());
        Assert.Equal((409, "Conflict"), (conflict, status["reason"]!.GetValue<string>()));
        Assert.Equal("Operation cannot be fulfilled on configmaps \"guarded\": the object has been modified; please apply your changes to the latest version and try again", status["message"]!.GetValue<string>());
    }

    [Fact]
    public async Task Update_WithoutAChange_KeepsTheRevision()
    {
        var made = await server.CreateAsync(ConfigMaps, ConfigMap("same"));
        var (_, again) = await server.SendAsync("PUT", $"{ConfigMaps}/same", made.ToJsonString());
        Assert.True(JsonNode.DeepEquals(made, again));
    }

    [Theory]
    [InlineData("""{"metadata":{"name":"other"}}""", 400)]
    [InlineData("""{"metadata":{"name":"kept","uid":"00000000-0000-0000-0000-000000000000"}}""", 409)]
    public async Task Update_OfAnotherObject_IsRefused(string body, int expected)
    {
        await server.SendAsync("POST", ConfigMaps, ConfigMap("kept"));
        Assert.Equal(expected, (await server.SendAsync("PUT", $"{ConfigMaps}/kept", body)).Code);
    }

    [Theory]
    [InlineData("application/merge-patch+json", """{"data":{"a":null,"b":"2"}}""", """{"b":"2"}""")]
    [InlineData("application/json-patch+json", """[{"op":"replace","path":"/data/a","value":"9"}]""", """{"a":"9"}""")]
    [InlineData("application/strategic-merge-patch+json", """{"data":{"b":"3"}}""", """{"a":"1","b":"3"}""")]
    public async Task Patch_OfEachType_Applies(string type, string patch, string expected)
    {
        var name = "patch-" + type[12..16].TrimEnd('-');
        await server.CreateAsync(ConfigMaps, ConfigMap(name));
        var (code, item) = await server.SendAsync("PATCH", $"{ConfigMaps}/{name}", patch, type);
        Assert.Equal(200, code);
        Assert.Equal(expected, item["data"]!.ToJsonString());
    }

    [Theory]
    [InlineData("application/apply-patch+yaml", "{}", 415)]
    [InlineData("text/plain", "{}", 415)]
    [InlineData("application/merge-patch+json", "[]", 400)]
    [InlineData("application/merge-patch+json", """{"metadata":{"resourceVersion":"1"}}""", 409)]
    [InlineData("application/merge-patch+json", """{"metadata":{"name":"else"}}""", 400)]
    [InlineData("application/json-patch+json", """[{"op":"remove","path":"/nothing"}]""", 422)]
    [InlineData("application/json-patch+json", """[{"op":"nothing","path":"/data"}]""", 400)]
    [InlineData("application/merge-patch+json", """{"data":{"a":1}}""", 400)]
    public async Task Patch_ThatCannotBe_GetsItsStatus(string type, string patch, int expected)
    {
        await server.SendAsync("POST", ConfigMaps, ConfigMap("patch-bad"));
        var before = await ListAsync();
        Assert.Equal(expected, (await server.SendAsync("PATCH", $"{ConfigMaps}/patch-bad", patch, type)).Code);
        Assert.Equal(before, await ListAsync());
    }

    [Fact]
    public async Task Patch_ByManyAtOnce_LosesNone()
    {
        await server.CreateAsync(ConfigMaps, ConfigMap("counted", "{}"));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var (code, _) = await server.SendAsync("PATCH", $"{ConfigMaps}/counted", $$$"""{"data":{"k{{{i}}}":"v"}}""", "application/merge-patch+json");
            Assert.Equal(200, code);
        }));
        var (_, item) = await server.SendAsync("GET", $"{ConfigMaps}/counted");
        Assert.Equal(40, item["data"]!.AsObject().Count);
    }

    [Fact]
    public async Task List_InPages_IsOneRevisionWhileOthersWrite()
    {
        await server.CreateAsync("/api/v1/namespaces", """{"metadata":{"name":"paged"}}""");
        const string Path = "/api/v1/namespaces/paged/configmaps";
        for (var i = 0; i < 7; i++)
        {
            await server.CreateAsync(Path, ConfigMap($"c{i}"));
        }

        var (_, page) = await server.SendAsync("GET", $"{Path}?limit=3");
        Assert.Equal(4, page["metadata"]!["remainingItemCount"]!.GetValue<int>());
        await server.CreateAsync(Path, ConfigMap("c9"));
        await server.SendAsync("DELETE", $"{Path}/c4");
        var names = new List<string>();
        var revisions = new HashSet<string>();
        while (true)
        {
            names.AddRange(page["items"]!.AsArray().Select(item => item!["metadata"]!["name"]!.GetValue<string>()));
            revisions.Add(page["metadata"]!["resourceVersion"]!.GetValue<string>());
            if (page["metadata"]!["continue"] is not { } token)
            {
                break;
            }

            (_, page) = await server.SendAsync("GET", $"{Path}?limit=3&continue={token}");
        }

        Assert.Equal(["c0", "c1", "c2", "c3", "c4", "c5", "c6"], names);
        Assert.Single(revisions);
    }

    [Fact]
    public async Task List_BySelectors_GivesWhatMatches()
    {
        await server.CreateAsync("/api/v1/namespaces", """{"metadata":{"name":"selected"}}""");
        const string Path = "/api/v1/namespaces/selected/configmaps";
        await server.CreateAsync(Path, ConfigMap("a", metadata: ""","labels":{"x":"1"}"""));
        await server.CreateAsync(Path, ConfigMap("b", metadata: ""","labels":{"x":"2"}"""));
        var (_, byLabel) = await server.SendAsync("GET", $"{Path}?labelSelector=x%3D2");
        Assert.Equal("b", Assert.Single(byLabel["items"]!.AsArray())!["metadata"]!["name"]!.GetValue<string>());
        var (_, byField) = await server.SendAsync("GET", $"/api/v1/configmaps?fieldSelector=metadata.name%3Da,metadata.namespace%3Dselected");
        Assert.Single(byField["items"]!.AsArray());
    }

    [Fact]
    public async Task DeleteCollection_ByLabel_DeletesThose()
    {
        await server.CreateAsync(ConfigMaps, ConfigMap("dc1", metadata: ""","labels":{"dc":"1"}"""));
        await server.CreateAsync(ConfigMaps, ConfigMap("dc2", metadata: ""","labels":{"dc":"1"}"""));
        var (code, gone) = await server.SendAsync("DELETE", $"{ConfigMaps}?labelSelector=dc");
        Assert.Equal(200, code);
        Assert.Equal(2, gone["items"]!.AsArray().Count);
        Assert.Equal(404, (await server.SendAsync("GET", $"{ConfigMaps}/dc1")).Code);
    }

    [Fact]
    public async Task Get_AsTableAndMetadata_HasTheAskedForm()
    {
        await server.CreateAsync(ConfigMaps, ConfigMap("formed"));
        var table = await AcceptAsync($"{ConfigMaps}/formed", "application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
        Assert.Equal("Table", table["kind"]!.GetValue<string>());
        Assert.Equal(["Name", "Data", "Age"], table["columnDefinitions"]!.AsArray().Select(column => column!["name"]!.GetValue<string>()));
        Assert.Equal("formed", table["rows"]![0]!["cells"]![0]!.GetValue<string>());
        Assert.Equal("PartialObjectMetadata", table["rows"]![0]!["object"]!["kind"]!.GetValue<string>());
        var metadata = await AcceptAsync(ConfigMaps, "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
        Assert.All(metadata["items"]!.AsArray(), item => Assert.Null(item!["data"]));
        var json = await AcceptAsync($"{ConfigMaps}/formed", "application/vnd.kubernetes.protobuf,application/json");
        Assert.Equal("ConfigMap", json["kind"]!.GetValue<string>());
        Assert.Equal(406, (await AcceptAsync($"{ConfigMaps}/formed", "text/html"))["code"]!.GetValue<int>());
    }

    [Fact]
    public async Task Discovery_LegacyAndAggregated_ListTheSameResources()
    {
        var (_, legacy) = await server.SendAsync("GET", "/api/v1");
        var aggregated = await AcceptAsync("/api", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json");
        Assert.Equal(
            legacy["resources"]!.AsArray().Select(item => item!["name"]!.GetValue<string>()).Where(name => !name.Contains('/')),
            aggregated["items"]![0]!["versions"]![0]!["resources"]!.AsArray().Select(item => item!["resource"]!.GetValue<string>()));
        var (_, groups) = await server.SendAsync("GET", "/apis");
        Assert.Contains("apps", groups["groups"]!.AsArray().Select(group => group!["name"]!.GetValue<string>()));
        foreach (var group in groups["groups"]!.AsArray())
        {
            Assert.Equal(200, (await server.SendAsync("GET", $"/apis/{group!["name"]}")).Code);
        }
    }

    [Fact]
    public async Task OpenApi_OfEveryGroup_ResolvesItsReferences()
    {
        var (_, index) = await server.SendAsync("GET", "/openapi/v3");
        foreach (var (path, entry) in index["paths"]!.AsObject())
        {
            var (code, document) = await server.SendAsync("GET", entry!["serverRelativeURL"]!.GetValue<string>());
            Assert.Equal(200, code);
            var schemas = document["components"]!["schemas"]!.AsObject();
            var text = document.ToJsonString();
            foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(text, "\"#/components/schemas/([^\"]+)\""))
            {
                Assert.True(schemas.ContainsKey(match.Groups[1].Value), $"{path} refers to {match.Groups[1].Value}");
            }
        }

        Assert.Equal(404, (await server.SendAsync("GET", "/openapi/v3/apis/none/v1")).Code);
    }

    private async Task<string> ListAsync() => (await server.SendAsync("GET", ConfigMaps + "?resourceVersion=0")).Body["items"]!.ToJsonString();

    private async Task<JsonObject> AcceptAsync(string path, string accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await server.Admin.SendAsync(request, TestContext.Current.CancellationToken);
        return JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject();
    }
}
