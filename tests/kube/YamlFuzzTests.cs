using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Podwire.Kube.Tests;

public class YamlFuzzTests
{
    private const string Sample = """
        apiVersion: v1
        kind: Config # comment
        list: &l
        - name: "a\tb"
          value: 0x1F
        - {name: 'c', on: [yes, ~, 1.5e3]}
        text: |-
          one
            two
        copy:
          <<: {x: 1}
          of: *l
        ---
        - !!str 5
        """;

    [Fact]
    public void AnyJson_IsReadAsItself()
    {
        Prop.ForAll(Json(4).ToArbitrary(), node =>
        {
            var text = node?.ToJsonString() ?? "null";
            return JsonNode.DeepEquals(node, YamlToJson.Parse(text)) && JsonNode.DeepEquals(node, YamlToJson.Parse("# not JSON any more\n" + text));
        }).Holds();
    }

    [Fact]
    public void DamagedYaml_IsReadOrRefused_NothingElse()
    {
        var damage = Gen.Choose(0, Sample.Length - 1).Zip(Gen.Elements("\n\t :-[]{}*&!|>'\"%@`#,?~\\\0é".ToCharArray()));
        Prop.ForAll(Gen.ListOf(damage).ToArbitrary(), edits =>
        {
            var text = Sample.ToCharArray();
            foreach (var (at, c) in edits)
            {
                text[at] = c;
            }

            try
            {
                YamlToJson.ParseAll(new string(text));
                return true;
            }
            catch (YamlFormatException)
            {
                return true;
            }
        }).Holds();
    }

    private static Gen<JsonNode?> Json(int depth)
    {
        var text = Gen.ListOf(Gen.Elements("aé: #'\"\\\n-{}[]0yn~".ToCharArray()), 3).Select(chars => new string([.. chars]));
        var leaf = Gen.OneOf(
            text.Select(value => (JsonNode?)JsonValue.Create(value)),
            Gen.Choose(int.MinValue, int.MaxValue).Select(value => (JsonNode?)JsonValue.Create((long)value)),
            Gen.Elements(true, false).Select(value => (JsonNode?)JsonValue.Create(value)),
            Gen.Constant((JsonNode?)null));
        if (depth == 0)
        {
            return leaf;
        }

        var inner = Json(depth - 1);
        var array = Gen.Choose(0, 3).SelectMany(count => Gen.ListOf(inner, count)).Select(items => (JsonNode?)new JsonArray([.. items.Select(item => item?.DeepClone())]));
        var mapping = Gen.Choose(0, 3).SelectMany(count => Gen.ListOf(text.Zip(inner), count))
            .Select(pairs => (JsonNode?)new JsonObject(pairs.DistinctBy(pair => pair.Item1).Select(pair => KeyValuePair.Create(pair.Item1, pair.Item2?.DeepClone()))));
        return Gen.OneOf(leaf, array, mapping);
    }
}
