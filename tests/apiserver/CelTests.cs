using System.Text.Json.Nodes;
using Podwire.ApiServer.CustomResources.Cel;
using Podwire.ApiServer.Json;

namespace Podwire.ApiServer.Tests;

/// <summary>The rules of custom resources: what they give, and what is refused when a rule is declared.</summary>
public sealed class CelTests
{
    private const string Self = """{"a":1,"b":2.5,"name":"web-1","tags":["x","y"],"map":{"k":"v"},"ports":[{"name":"http","port":80},{"name":"dns","port":53}],"cidr":"10.0.0.0/8","zero":null,"flag":true}""";

    [Theory]
    [InlineData("self.a + 1 == 2 && self.b > 2.0")]
    [InlineData("self.a == 1.0")]
    [InlineData("has(self.name) && !has(self.other)")]
    [InlineData("self.name.matches('^web-[0-9]+$') && self.name.startsWith('web')")]
    [InlineData("size(self.tags) == 2 && self.tags.size() == 2 && 'x' in self.tags && !('z' in self.tags)")]
    [InlineData("'k' in self.map && self.map['k'] == \"v\" && self.map.k == 'v'")]
    [InlineData("self.ports.all(p, p.port > 0 && p.port < 65536)")]
    [InlineData("self.ports.exists(p, p.name == 'dns') && self.ports.exists_one(p, p.port == 80)")]
    [InlineData("self.ports.filter(p, p.port < 60).map(p, p.name) == ['dns']")]
    [InlineData("self.ports.map(p, p.port < 60, p.name) == ['dns']")]
    [InlineData("has(self.other) ? self.other == 1 : true")]
    [InlineData("self.other == 1 || self.a == 1")]
    [InlineData("self.ports.exists(p, p.missing == 1 || p.port == 53)")]
    [InlineData("isCIDR(self.cidr) && cidr(self.cidr).containsIP('10.1.2.3') && !cidr(self.cidr).containsCIDR('11.0.0.0/16') && cidr(self.cidr).prefixLength() == 8")]
    [InlineData("isIP('fe80::1') && ip('fe80::1').family() == 6 && !isIP('1.2.3')")]
    [InlineData("self.tags + ['z'] == ['x', 'y', 'z'] && [3, 1].max() == 3 && ['a','b'].isSorted()")]
    [InlineData("int('12') == 12 && string(5) == '5' && 7 % 4 == 3 && -self.a == -1 && 7 / 2 == 3")]
    [InlineData("self.zero == null && self.flag && !(self.flag == false)")]
    [InlineData("{'a': 1}['a'] == 1 && \"\\u0041\" == 'A' && r'\\d' == '\\\\d'")]
    [InlineData("self.name.split('-')[1] == '1' && self.tags.join(',') == 'x,y' && 'A'.lowerAscii() == 'a'")]
    public void Rule_OverAnObject_Holds(string rule) => Assert.True(CelProgram.Compile(rule).IsMet(JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(Self))));

    [Theory]
    [InlineData("self.a ==", "unexpected the end")]
    [InlineData("self.a # 1", "unexpected character '#'")]
    [InlineData("other.a == 1", "undeclared reference to 'other'")]
    [InlineData("quantity(self.a).isGreaterThan(1)", "the function quantity() with 1 argument(s) is not supported")]
    [InlineData("has(self)", "has() takes a field selection")]
    [InlineData("'open", "does not end")]
    [InlineData("self.tags.all(t, t == u)", "undeclared reference to 'u'")]
    public void Rule_ThatCannotBeCompiled_SaysWhy(string rule, string message) =>
        Assert.Contains(message, Assert.Throws<CelException>(() => CelProgram.Compile(rule)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("self.missing == 1", "no such key: missing")]
    [InlineData("self.name + 1 == 2", "no such overload: a string + an int")]
    [InlineData("self.a", "does not give a bool")]
    [InlineData("self.tags[5] == 'x'", "index out of bounds: 5")]
    [InlineData("1 / (self.a - 1) == 0", "divide by zero")]
    [InlineData("9223372036854775807 + self.a > 0", "overflow")]
    public void Rule_WithoutAValue_SaysWhy(string rule, string message) =>
        Assert.Contains(message, Assert.Throws<CelException>(() => CelProgram.Compile(rule).IsMet(JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(Self)))).Message, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void Rule_WithoutEnd_TakesABoundedNumberOfSteps()
    {
        var list = new JsonArray();
        for (var i = 0; i < 200; i++)
        {
            list.Add((JsonNode)(long)i);
        }

        var rule = CelProgram.Compile("self.all(a, self.all(b, self.all(c, a + b + c >= 0)))");
        Assert.Contains("too many steps", Assert.Throws<CelException>(() => rule.IsMet(list)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Compile_OfRandomText_EndsWithAProgramOrAMessage()
    {
        var random = new Random(20261121);
        string[] words = ["self", ".", "a", "(", ")", "[", "]", "&&", "||", "!", "-", "1", "'x'", "has", "all", ",", "?", ":", "in", "{", "}", "==", "size", " ", "\\", "\"", "0x", "1e", "2.5", "oldSelf"];
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 15)).Select(_ => words[random.Next(words.Length)]));
            try
            {
                CelProgram.Compile(text).IsMet(JsonText.Parse(System.Text.Encoding.UTF8.GetBytes(Self)));
            }
            catch (CelException)
            {
                // The one way to fail.
            }
        }
    }
}
