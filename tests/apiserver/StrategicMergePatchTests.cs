using System.Text.Json.Nodes;
using Podwire.ApiServer.Patch;
using Podwire.ApiServer.Schema;

namespace Podwire.ApiServer.Tests;

public class StrategicMergePatchTests
{
    private static readonly StrategicMergePatch Strategic = new(ApiSchema.BuiltIn);

    [Theory]
    [InlineData("""{"containers":[{"name":"a","image":"1"},{"name":"b"}]}""", """{"containers":[{"name":"a","image":"2"}]}""", """{"containers":[{"name":"a","image":"2"},{"name":"b"}]}""")]
    [InlineData("""{"containers":[{"name":"a"}]}""", """{"containers":[{"name":"b","image":"x"}]}""", """{"containers":[{"name":"a"},{"name":"b","image":"x"}]}""")]
    [InlineData("""{"containers":[{"name":"a"},{"name":"b"}]}""", """{"containers":[{"name":"a","$patch":"delete"}]}""", """{"containers":[{"name":"b"}]}""")]
    [InlineData("""{"containers":[{"name":"a"},{"name":"b"}]}""", """{"containers":[{"$patch":"replace"},{"name":"c"}]}""", """{"containers":[{"name":"c"}]}""")]
    [InlineData("""{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"2"}]}]}""", """{"containers":[{"name":"a","env":[{"name":"Y","value":"3"}]}]}""", """{"containers":[{"name":"a","env":[{"name":"X","value":"1"},{"name":"Y","value":"3"}]}]}""")]
    [InlineData("""{"containers":[{"name":"a","args":["1","2"]}]}""", """{"containers":[{"name":"a","args":["3"]}]}""", """{"containers":[{"name":"a","args":["3"]}]}""")]
    [InlineData("""{"containers":[{"name":"a"},{"name":"b"}]}""", """{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"b","image":"y"}]}""", """{"containers":[{"name":"b","image":"y"},{"name":"a"}]}""")]
    [InlineData("""{"containers":[{"name":"a"},{"name":"b"}]}""", """{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}""", """{"containers":[{"name":"b"},{"name":"a"}]}""")]
    [InlineData("""{"nodeSelector":{"a":"1","b":"2"}}""", """{"nodeSelector":{"a":null,"c":"3"}}""", """{"nodeSelector":{"b":"2","c":"3"}}""")]
    [InlineData("""{"nodeSelector":{"a":"1"}}""", """{"nodeSelector":{"$patch":"replace","c":"3"}}""", """{"nodeSelector":{"c":"3"}}""")]
    [InlineData("""{"nodeSelector":{"a":"1"},"nodeName":"n"}""", """{"nodeSelector":{"$patch":"delete"}}""", """{"nodeName":"n"}""")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{}}]}""", """{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}""", """{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}""")]
    [InlineData("""{"tolerations":[{"key":"a"},{"key":"b"}]}""", """{"tolerations":[{"key":"c"}]}""", """{"tolerations":[{"key":"c"}]}""")]
    [InlineData("""{"terminationGracePeriodSeconds":30}""", """{"terminationGracePeriodSeconds":null}""", "{}")]
    public void Apply_ToAPodSpec_MergesByKeyAndDirective(string original, string patch, string expected)
    {
        var before = JsonPatchTests.Json(original)!.AsObject();
        var result = Strategic.Apply(before, JsonPatchTests.Json(patch)!.AsObject(), "core.PodSpec");
        Assert.Equal(JsonPatchTests.Json(expected)!.ToJsonString(), result.ToJsonString());
        Assert.Equal(JsonPatchTests.Json(original)!.ToJsonString(), before.ToJsonString());
    }

    [Fact]
    public void Apply_DeleteFromPrimitiveList_TakesOutWhatIsNamed()
    {
        var result = Strategic.Apply(
            JsonPatchTests.Json("""{"finalizers":["a/x","b/y","c/z"]}""")!.AsObject(),
            JsonPatchTests.Json("""{"$deleteFromPrimitiveList/finalizers":["b/y"],"finalizers":["d/w","a/x"]}""")!.AsObject(),
            "meta.ObjectMeta");
        Assert.Equal("""{"finalizers":["a/x","c/z","d/w"]}""", result.ToJsonString());
    }

    /// <summary>What kubectl apply sends when a container was renamed, a port changed and a label removed; the server has defaults and a sidecar of its own.</summary>
    [Fact]
    public void Apply_ThreeWayPatchOfKubectl_KeepsWhatOthersAdded()
    {
        const string Live = """
            {"metadata":{"labels":{"app":"x","old":"1","added":"y"}},"spec":{"containers":[
              {"name":"main","image":"i:1","imagePullPolicy":"Always","ports":[{"containerPort":80,"protocol":"TCP"}]},
              {"name":"sidecar","image":"s:1"}]}}
            """;
        const string Patch = """
            {"metadata":{"labels":{"old":null}},"spec":{"$setElementOrder/containers":[{"name":"web"}],"containers":[
              {"name":"web","image":"i:2","ports":[{"containerPort":8080}]},{"name":"main","$patch":"delete"}]}}
            """;
        var result = Strategic.Apply(JsonPatchTests.Json(Live)!.AsObject(), JsonPatchTests.Json(Patch)!.AsObject(), "core.Pod");
        Assert.Equal("""{"app":"x","added":"y"}""", result["metadata"]!["labels"]!.ToJsonString());
        Assert.Equal(["sidecar", "web"], result["spec"]!["containers"]!.AsArray().Select(item => item!["name"]!.GetValue<string>()).Order());
    }

    [Theory]
    [InlineData("""{"containers":[{"image":"x"}]}""")]
    [InlineData("""{"nodeSelector":{"$patch":"shuffle"}}""")]
    [InlineData("""{"$deleteFromPrimitiveList/x":"y"}""")]
    [InlineData("""{"containers":["x"]}""")]
    public void Apply_Malformed_Throws(string patch) =>
        Assert.Throws<PatchException>(() => Strategic.Apply(new JsonObject { ["containers"] = new JsonArray() }, JsonPatchTests.Json(patch)!.AsObject(), "core.PodSpec"));
}
