using System.Text;
using System.Text.Json.Nodes;
using Podwire.ApiServer.Json;
using Podwire.ApiServer.Patch;

namespace Podwire.ApiServer.Tests;

public class JsonPatchTests
{
    internal static JsonNode? Json(string text) => JsonText.Parse(Encoding.UTF8.GetBytes(text));

    // RFC 6902 appendix A.
    [Theory]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/baz","value":"qux"}]""", """{"baz":"qux","foo":"bar"}""")]
    [InlineData("""{"foo":["bar","baz"]}""", """[{"op":"add","path":"/foo/1","value":"qux"}]""", """{"foo":["bar","qux","baz"]}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"remove","path":"/baz"}]""", """{"foo":"bar"}""")]
    [InlineData("""{"foo":["bar","qux","baz"]}""", """[{"op":"remove","path":"/foo/1"}]""", """{"foo":["bar","baz"]}""")]
    [InlineData("""{"baz":"qux","foo":"bar"}""", """[{"op":"replace","path":"/baz","value":"boo"}]""", """{"baz":"boo","foo":"bar"}""")]
    [InlineData("""{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}""", """[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]""", """{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}""")]
    [InlineData("""{"foo":["all","grass","cows","eat"]}""", """[{"op":"move","from":"/foo/1","path":"/foo/3"}]""", """{"foo":["all","cows","eat","grass"]}""")]
    [InlineData("""{"baz":"qux","foo":["a",2,"c"]}""", """[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]""", """{"baz":"qux","foo":["a",2,"c"]}""")]
    [InlineData("""{"foo":"bar"}""", """[{"op":"add","path":"/child","value":{"grandchild":{}}}]""", """{"foo":"bar","child":{"grandchild":{}}}""")]
    [InlineData("""{"/":9,"~1":10}""", """[{"op":"test","path":"/~01","value":10}]""", """{"/":9,"~1":10}""")]
    [InlineData("""{"foo":["bar"]}""", """[{"op":"add","path":"/foo/-","value":["abc","def"]}]""", """{"foo":["bar",["abc","def"]]}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/a/b","value":2}]""", """{"a":{"b":2},"c":{"b":1}}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"","value":{"b":2}}]""", """{"b":2}""")]
    public void Apply_Operations_GiveTheDocumentOfTheRfc(string document, string patch, string expected) =>
        Assert.True(JsonNode.DeepEquals(Json(expected), JsonPatch.Apply(Json(document), Json(patch))));

    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":2}]""", true)]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":"/b"}]""", true)]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/b","value":1}]""", true)]
    [InlineData("""{"a":[1]}""", """[{"op":"add","path":"/a/2","value":1}]""", true)]
    [InlineData("""{"a":[1]}""", """[{"op":"remove","path":"/a/01"}]""", true)]
    [InlineData("""{"a":[1]}""", """[{"op":"remove","path":"/a/-"}]""", true)]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/x/y","value":1}]""", true)]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/x"}]""", false)]
    [InlineData("""{"a":1}""", """[{"op":"jump","path":"/a"}]""", false)]
    [InlineData("""{"a":1}""", """[{"path":"/a"}]""", false)]
    [InlineData("""{"a":1}""", """{"op":"remove","path":"/a"}""", false)]
    [InlineData("""{"a":1}""", """[{"op":"remove","path":"a"}]""", false)]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a","path":"/a/b"}]""", false)]
    public void Apply_WhatCannotBe_ThrowsAndLeavesTheDocument(string document, string patch, bool isConflict)
    {
        var before = Json(document);
        var error = Assert.Throws<PatchException>(() => JsonPatch.Apply(before, Json(patch)));
        Assert.Equal(isConflict, error.IsConflict);
        Assert.True(JsonNode.DeepEquals(Json(document), before));
    }

    // RFC 7386 appendix A.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", "null", "null")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void MergePatch_Applied_GivesTheDocumentOfTheRfc(string document, string patch, string expected) =>
        Assert.True(JsonNode.DeepEquals(Json(expected), JsonMergePatch.Apply(Json(document), Json(patch))));

    [Fact]
    public void MergePatch_AppliedTwice_IsAppliedOnce()
    {
        var random = new Random(7);
        for (var i = 0; i < 500; i++)
        {
            var (document, patch) = (RandomNode(random, 3), RandomNode(random, 3));
            var once = JsonMergePatch.Apply(document?.DeepClone(), patch);
            var twice = JsonMergePatch.Apply(once?.DeepClone(), patch);
            Assert.True(JsonNode.DeepEquals(once, twice), $"{document} with {patch}");
        }
    }

    private static JsonNode? RandomNode(Random random, int depth) => random.Next(depth > 0 ? 5 : 3) switch
    {
        0 => null,
        1 => JsonValue.Create((long)random.Next(3)),
        2 => JsonValue.Create("t" + random.Next(3)),
        3 => new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => RandomNode(random, depth - 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(4)).Select(i => KeyValuePair.Create("k" + i, RandomNode(random, depth - 1)))),
    };
}
