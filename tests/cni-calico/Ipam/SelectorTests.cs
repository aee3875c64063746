using Podwire.CniCalico.Ipam.Selectors;

namespace Podwire.CniCalico.Tests.Ipam;

public class SelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["rack"] = "r1", ["kubernetes.io/os"] = "linux", ["route-reflector"] = "", ["in"] = "x" };

    [Theory]
    [InlineData("", true)]
    [InlineData("all()", true)]
    [InlineData("!all()", false)]
    [InlineData("global()", true)]
    [InlineData("rack == 'r1'", true)]
    [InlineData("rack==\"r2\"", false)]
    [InlineData("rack != 'r1'", false)]
    [InlineData("zone != 'r1'", true)]
    [InlineData("zone not in { 'a', 'b' }", true)]
    [InlineData("rack not in {'r1'}", false)]
    [InlineData("rack in {'r0', 'r1'}", true)]
    [InlineData("rack in {}", false)]
    [InlineData("has(route-reflector)", true)]
    [InlineData("!has(route-reflector)", false)]
    [InlineData("!!has(route-reflector)", true)]
    [InlineData("!has(zone) && kubernetes.io/os == 'linux'", true)]
    [InlineData("has(zone) || rack == 'r1' && in == 'y'", false)]
    [InlineData("(has(zone) || rack == 'r1') && in == 'x'", true)]
    [InlineData("rack contains 'r'", true)]
    [InlineData("rack starts with '1'", false)]
    [InlineData("rack ends with '1'", true)]
    [InlineData("zone contains ''", false)]
    public void Selector_OverLabels_Decides(string text, bool expected) => Assert.Equal(expected, CalicoSelector.Parse(text).Matches(Labels));

    [Theory]
    [InlineData("rack", "at character 5 stands the end")]
    [InlineData("rack = 'x'", "at character 6 stands '='")]
    [InlineData("rack == x", "a value in quotes")]
    [InlineData("rack == 'x", "a value in quotes")]
    [InlineData("has(", "a label")]
    [InlineData("all() all()", "an operator or the end")]
    [InlineData("rack in {'a' 'b'}", "'}'")]
    [InlineData("rack not 'a'", "'in'")]
    [InlineData("(all()", "')'")]
    [InlineData("&&", "a label")]
    public void Nonsense_IsRefusedByPlace(string text, string expected) => Assert.Contains(expected, Assert.Throws<FormatException>(() => CalicoSelector.Parse(text)).Message);

    [Fact]
    public void DeepNesting_IsRefused() => Assert.Contains("nested", Assert.Throws<FormatException>(() => CalicoSelector.Parse(new string('(', 100_000))).Message);

    [Fact]
    public void RandomTexts_GiveAnAnswerOrAFormatException()
    {
        var random = new Random(3);
        string[] parts = ["all()", "has(", ")", "(", "!", "&&", "||", "==", "!=", "in", "not", "{", "}", ",", "'a'", "\"", "'", "rack", " ", "ends with", "\u00e9", "contains"];
        for (var i = 0; i < 100_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                CalicoSelector.Parse(text).Matches(Labels);
            }
            catch (FormatException)
            {
                // Expected of most.
            }
        }
    }
}
