using FsCheck;
using FsCheck.Fluent;
using Podwire.Kube.Objects;
using Podwire.Kube.Selectors;

namespace Podwire.Kube.Tests;

public class SelectorTests
{
    private static readonly Dictionary<string, string> Labels = new()
    {
        ["app"] = "web", ["tier"] = "front", ["example.com/size"] = "5", ["empty"] = "",
    };

    [Theory]
    [InlineData("", true)]
    [InlineData("  ", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web", true)]
    [InlineData(" app = web , tier = front ", true)]
    [InlineData("app=api", false)]
    [InlineData("app!=api", true)]
    [InlineData("app!=web", false)]
    [InlineData("missing!=x", true)]
    [InlineData("app", true)]
    [InlineData("missing", false)]
    [InlineData("!missing", true)]
    [InlineData("! app", false)]
    [InlineData("app in (api,web)", true)]
    [InlineData("app in (api, db)", false)]
    [InlineData("app notin (api,db)", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("missing notin (web)", true)]
    [InlineData("missing in (web)", false)]
    [InlineData("empty=", true)]
    [InlineData("app=", false)]
    [InlineData("empty in (,a)", true)]
    [InlineData("example.com/size>4", true)]
    [InlineData("example.com/size > 5", false)]
    [InlineData("example.com/size<6", true)]
    [InlineData("app>1", false)]
    [InlineData("app<1", false)]
    [InlineData("in in (in)", false)]
    [InlineData("app=web,tier in (front,back),!missing", true)]
    public void Parse_Matches(string text, bool expected)
    {
        var selector = Selector.Parse(text);
        Assert.Equal(expected, selector.Matches(Labels));
        Assert.Equal(expected, Selector.Parse(selector.ToString()).Matches(Labels));
    }

    [Theory]
    [InlineData(",")]
    [InlineData("app=web,")]
    [InlineData(",app")]
    [InlineData("=web")]
    [InlineData("app=web=x")]
    [InlineData("app=a b")]
    [InlineData("app in")]
    [InlineData("app in (a")]
    [InlineData("app in a)")]
    [InlineData("app like (a)")]
    [InlineData("app!web")]
    [InlineData("!")]
    [InlineData("!app=web")]
    [InlineData("size>big")]
    [InlineData("-app=web")]
    [InlineData("a/b/c=d")]
    [InlineData("UPPER.com/x")]
    [InlineData("app=web!")]
    public void Parse_Malformed_IsRefused(string text)
    {
        Assert.False(Selector.TryParse(text, out _));
        Assert.Throws<FormatException>(() => Selector.Parse(text));
    }

    [Fact]
    public void LabelSelector_NullIsNothing_EmptyIsEverything()
    {
        Assert.False(Selector.From(null).Matches(Labels));
        Assert.False(Selector.From(null).IsEverything);
        Assert.True(Selector.From(new LabelSelector()).IsEverything);
    }

    [Fact]
    public void LabelSelector_AllTermsHold()
    {
        var selector = new LabelSelector
        {
            MatchLabels = { ["app"] = "web" },
            MatchExpressions = [new() { Key = "tier", Operator = "In", Values = ["front"] }, new() { Key = "x", Operator = "DoesNotExist" }],
        };
        Assert.True(Selector.From(selector).Matches(Labels));
        Assert.Equal("app=web,tier=front,!x", Selector.From(selector).ToString());
        selector.MatchExpressions.Add(new() { Key = "empty", Operator = "NotIn", Values = [""] });
        Assert.False(Selector.From(selector).Matches(Labels));
    }

    [Theory]
    [InlineData("In", 0)]
    [InlineData("Exists", 1)]
    [InlineData("Gt", 1)]
    public void LabelSelector_Malformed_IsRefused(string op, int values) => Assert.Throws<FormatException>(() =>
        Selector.From(new LabelSelector { MatchExpressions = [new() { Key = "k", Operator = op, Values = [.. Enumerable.Repeat("v", values)] }] }));

    [Fact]
    public void StringForm_MeansTheSame_ForAnyTerms()
    {
        var words = Gen.Elements("a", "b", "c", "x.y/d");
        var values = Gen.Elements("1", "2", "", "v-1");
        var term = from key in words
                   from op in Gen.Elements("In", "NotIn", "Exists", "DoesNotExist")
                   from count in Gen.Choose(1, 3)
                   from list in Gen.ListOf(values, count)
                   select new LabelSelectorRequirement { Key = key, Operator = op, Values = op.EndsWith("In", StringComparison.Ordinal) ? [.. list] : [] };
        var labels = from pairs in Gen.ListOf(words.Zip(values))
                     select pairs.GroupBy(p => p.Item1).ToDictionary(g => g.Key, g => g.First().Item2);
        var cases = Gen.ListOf(term).Zip(labels);
        Prop.ForAll(cases.ToArbitrary(), input =>
        {
            var (terms, on) = input;
            var selector = Selector.From(new LabelSelector { MatchExpressions = [.. terms] });
            return Selector.Parse(selector.ToString()).Matches(on) == selector.Matches(on);
        }).Holds();
    }

    [Theory]
    [InlineData("metadata.name=web", true)]
    [InlineData("metadata.name==web", true)]
    [InlineData("metadata.name!=web", false)]
    [InlineData("spec.nodeName=", true)]
    [InlineData("spec.nodeName!=node1,metadata.name=web", true)]
    [InlineData("", true)]
    [InlineData(@"note=a\,b\=c\\d", true)]
    public void FieldSelector_Matches(string text, bool expected)
    {
        var selector = FieldSelector.Parse(text);
        static string? Field(string path) => path switch { "metadata.name" => "web", "note" => @"a,b=c\d", _ => null };
        Assert.Equal(expected, selector.Matches(Field));
        Assert.Equal(expected, FieldSelector.Parse(selector.ToString()).Matches(Field));
    }

    [Theory]
    [InlineData("metadata.name")]
    [InlineData("=x")]
    [InlineData("!=x")]
    [InlineData(@"a=\x")]
    [InlineData(@"a=\")]
    [InlineData("a=b=c")]
    public void FieldSelector_Malformed_IsRefused(string text) => Assert.Throws<FormatException>(() => FieldSelector.Parse(text));
}
