namespace Podwire.Kube.Tests;

public class YamlToJsonTests
{
    [Theory]
    // Booleans and nulls of YAML 1.1.
    [InlineData("a: yes", """{"a":true}""")]
    [InlineData("a: Off", """{"a":false}""")]
    [InlineData("a: y", """{"a":true}""")]
    [InlineData("a: tRue", """{"a":"tRue"}""")]
    [InlineData("a: ~\nb:\nc: NULL", """{"a":null,"b":null,"c":null}""")]
    // Numbers.
    [InlineData("a: 0x1F", """{"a":31}""")]
    [InlineData("a: 0777", """{"a":511}""")]
    [InlineData("a: 0o17", """{"a":15}""")]
    [InlineData("a: 0b101", """{"a":5}""")]
    [InlineData("a: 089", """{"a":89}""")]
    [InlineData("a: 1_000", """{"a":1000}""")]
    [InlineData("a: -7\nb: +7", """{"a":-7,"b":7}""")]
    [InlineData("a: 18446744073709551615", """{"a":18446744073709551615}""")]
    [InlineData("a: 1.50", """{"a":1.5}""")]
    [InlineData("a: 1e3", """{"a":1000}""")]
    [InlineData("a: .5", """{"a":0.5}""")]
    // What only looks like one.
    [InlineData("a: 1.2.3", """{"a":"1.2.3"}""")]
    [InlineData("a: 10.244.0.0/16", """{"a":"10.244.0.0/16"}""")]
    [InlineData("a: 0x", """{"a":"0x"}""")]
    [InlineData("a: 12:30:45", """{"a":"12:30:45"}""")]
    [InlineData("a: 64Mi", """{"a":"64Mi"}""")]
    [InlineData("a: 2026-11-21", """{"a":"2026-11-21"}""")]
    // Quoted, tagged and block scalars.
    [InlineData("a: 'yes'\nb: \"1\"", """{"a":"yes","b":"1"}""")]
    [InlineData("a: !!str 1\nb: !!int \"2\"", """{"a":"1","b":2}""")]
    [InlineData("a: ! 1", """{"a":"1"}""")]
    [InlineData("a: !!binary aGk=", """{"a":"hi"}""")]
    [InlineData("a: |\n  x\n  y\n", """{"a":"x\ny\n"}""")]
    [InlineData("a: |-\n  1\n", """{"a":"1"}""")]
    [InlineData("a: >\n  x\n  y\n\n  z\n", """{"a":"x y\nz\n"}""")]
    [InlineData("a: |+\n  x\n\nb: 1", """{"a":"x\n\n","b":1}""")]
    // Keys.
    [InlineData("1: a\ntrue: b", """{"1":"a","true":"b"}""")]
    [InlineData("\"yes\": 1", """{"yes":1}""")]
    // Collections.
    [InlineData("a: [1, {b: c}]\nd: {}", """{"a":[1,{"b":"c"}],"d":{}}""")]
    [InlineData("a:\n- 1\n- b: 2\n  c: 3", """{"a":[1,{"b":2,"c":3}]}""")]
    [InlineData("- 1\n- x", """[1,"x"]""")]
    // Anchors, aliases, merge keys.
    [InlineData("a: &x {b: 1}\nc: *x\nd: *x", """{"a":{"b":1},"c":{"b":1},"d":{"b":1}}""")]
    [InlineData("a: &x 1\nb: &x 2\nc: *x", """{"a":1,"b":2,"c":2}""")]
    [InlineData("a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3", """{"a":{"p":1,"q":2},"b":{"q":3,"p":1}}""")]
    [InlineData("b:\n  <<: [{p: 1}, {p: 2, r: 4}]", """{"b":{"p":1,"r":4}}""")]
    [InlineData("a: '<<'", """{"a":"<<"}""")]
    // Comments, directives, JSON.
    [InlineData("# c\n---\na: 1 # d\n...\n", """{"a":1}""")]
    [InlineData("%YAML 1.1\n---\na: 1\n", """{"a":1}""")]
    [InlineData("{\"a\":\t\"\\u00e9\", \"n\": 1.0, \"o\": 010}", """{"a":"é","n":1,"o":8}""")]
    [InlineData("\t{\"a\":\t[1, true, null]}", """{"a":[1,true,null]}""")]
    public void Parse_MeansWhatKubernetesMakesOfIt(string yaml, string json)
    {
        var parsed = YamlToJson.Parse(yaml)!;
        Assert.True(System.Text.Json.Nodes.JsonNode.DeepEquals(System.Text.Json.Nodes.JsonNode.Parse(json), parsed), parsed.ToJsonString());
    }

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3", 3, "key 'a' is given twice")]
    [InlineData("{\"a\":1,\n\"a\":2}", 2, "key 'a' is given twice")]
    [InlineData("1: a\n\"1\": b", 2, "key '1' is given twice")]
    [InlineData("a: &x [*x]", 1, "contains itself")]
    [InlineData("a: *nope", 1, "nope")]
    [InlineData("a: [1", 2, "")]
    [InlineData("a: b: c", 1, "")]
    [InlineData("a: -", 1, "not allowed")]
    [InlineData("a:\n\t- 1", 1, "tab|token")]
    [InlineData("? [1]\n: 2", 1, "plain value")]
    [InlineData("a:\n  <<: 1", 2, "merge key")]
    [InlineData("a: .inf", 1, "no JSON value")]
    [InlineData("a: !!int x", 1, "!!int|tag:yaml.org,2002:int")]
    [InlineData("a: !custom x", 1, "!custom")]
    [InlineData("a: 1\n---\nb: 2", 1, "more than one document")]
    [InlineData("a: \"x", 1, "")]
    public void Parse_Malformed_IsRefusedWithItsLine(string yaml, long line, string says)
    {
        var fault = Assert.Throws<YamlFormatException>(() => YamlToJson.Parse(yaml));
        Assert.Equal(line, fault.Line);
        Assert.Contains(says.Split('|'), word => fault.Message.Contains(word, StringComparison.Ordinal));
        Assert.DoesNotContain('\n', fault.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   \n")]
    [InlineData("# only a comment")]
    [InlineData("---\n---\n")]
    [InlineData("null")]
    public void Parse_NoContent_IsNull(string yaml) => Assert.Null(YamlToJson.Parse(yaml));

    [Fact]
    public void ParseAll_GivesDocumentsWithContent()
    {
        var all = YamlToJson.ParseAll("a: &x 1\n---\n\n---\n# nothing\n---\n- b\n...\n---\nc: d\n");
        Assert.Equal(["""{"a":1}""", """["b"]""", """{"c":"d"}"""], all.Select(document => document.ToJsonString()));
    }

    [Fact]
    public void Anchors_EndWithTheirDocument() =>
        Assert.Throws<YamlFormatException>(() => YamlToJson.ParseAll("a: &x 1\n---\nb: *x\n"));

    [Fact]
    public void Aliases_ThatGrowWithoutEnd_AreRefused()
    {
        var lines = new List<string> { "a0: &a0 [x, x, x, x, x, x, x, x, x, x]" };
        for (var i = 1; i < 12; i++)
        {
            lines.Add($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]");
        }

        var fault = Assert.Throws<YamlFormatException>(() => YamlToJson.Parse(string.Join('\n', lines)));
        Assert.Contains("aliases", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_TooDeep_IsRefused()
    {
        Assert.Throws<YamlFormatException>(() => YamlToJson.Parse(new string('[', 300) + new string(']', 300)));
        Assert.Throws<YamlFormatException>(() => YamlToJson.Parse("{\"a\":" + new string('[', 300) + new string(']', 300) + "}"));
    }
}
