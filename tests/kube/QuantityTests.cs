using System.Globalization;
using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Podwire.Kube.Json;
using Podwire.Kube.Objects;

namespace Podwire.Kube.Tests;

public class QuantityTests
{
    [Theory]
    [InlineData("0", 0, 0)]
    [InlineData("1", 1, 1000)]
    [InlineData("250m", 1, 250)]
    [InlineData("1500m", 2, 1500)]
    [InlineData("-1500m", -2, -1500)]
    [InlineData("0.1", 1, 100)]
    [InlineData(".5", 1, 500)]
    [InlineData("5.", 5, 5000)]
    [InlineData("+5", 5, 5000)]
    [InlineData("100u", 1, 1)]
    [InlineData("1n", 1, 1)]
    [InlineData("0.1n", 1, 1)]
    [InlineData("64Mi", 67108864, 67108864000)]
    [InlineData("1.5Gi", 1610612736, 1610612736000)]
    [InlineData("0.5Ki", 512, 512000)]
    [InlineData("1k", 1000, 1000000)]
    [InlineData("1M", 1000000, 1000000000)]
    [InlineData("2E", 2000000000000000000, long.MaxValue)]
    [InlineData("1e3", 1000, 1000000)]
    [InlineData("1E3", 1000, 1000000)]
    [InlineData("12e-3", 1, 12)]
    [InlineData("7Ei", 8070450532247928832, long.MaxValue)]
    [InlineData("8Ei", long.MaxValue, long.MaxValue)]
    [InlineData("99999999999999999999999999999999999999999", long.MaxValue, long.MaxValue)]
    [InlineData("0.00000000000000000000000000000000000000001", 1, 1)]
    public void Parse_GivesUnitsAndThousandths(string text, long value, long milli)
    {
        var quantity = Quantity.Parse(text);
        Assert.Equal(value, quantity.Value);
        Assert.Equal(milli, quantity.MilliValue);
        Assert.Equal(text, quantity.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("m")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1.2.3")]
    [InlineData("1ki")]
    [InlineData("1K")]
    [InlineData("1mm")]
    [InlineData("1e")]
    [InlineData("1e3m")]
    [InlineData("0x10")]
    [InlineData("1e99999999999")]
    [InlineData("١")]
    public void Parse_Malformed_IsRefused(string text) => Assert.False(Quantity.TryParse(text, out _));

    [Theory]
    [InlineData("1", "1000m")]
    [InlineData("1Ki", "1024")]
    [InlineData("1e3", "1k")]
    [InlineData("0", "-0")]
    public void Equal_ByAmount(string left, string right)
    {
        Assert.Equal(Quantity.Parse(left), Quantity.Parse(right));
        Assert.Equal(Quantity.Parse(left).GetHashCode(), Quantity.Parse(right).GetHashCode());
    }

    [Theory]
    [InlineData("250m", "250m", "500m")]
    [InlineData("1500m", "500m", "2")]
    [InlineData("64Mi", "64Mi", "128Mi")]
    [InlineData("1Gi", "1Mi", "1025Mi")]
    [InlineData("1Gi", "1", "1073741825")]
    [InlineData("0", "64Mi", "64Mi")]
    [InlineData("999", "1", "1k")]
    [InlineData("1e3", "1", "1001")]
    [InlineData("1e3", "1e3", "2e3")]
    [InlineData("1", "-1", "0")]
    public void Sum_IsWrittenInCanonicalForm(string left, string right, string sum) =>
        Assert.Equal(sum, (Quantity.Parse(left) + Quantity.Parse(right)).ToString());

    [Fact]
    public void Order_IsThatOfTheAmounts()
    {
        string[] ascending = ["-1", "0", "1n", "1m", "999m", "1", "1k", "1Ki", "1M", "1Mi", "1Gi"];
        Assert.Equal(ascending, Enumerable.Reverse(ascending).Select(Quantity.Parse).Order().Select(q => q.ToString()));
        Assert.True(Quantity.Parse("1Ki") > Quantity.Parse("1k"));
    }

    [Fact]
    public void Json_TakesNumbersToo() =>
        Assert.Equal(2, KubeJson.Deserialize<ResourceRequirements>("""{"limits":{"cpu":2,"memory":"1Gi"}}"""u8).Limits["cpu"].Value);

    [Fact]
    public void Canonical_RoundTrips_AndSumsAreExact()
    {
        var numbers = Gen.Choose(int.MinValue, int.MaxValue).Select(n => (long)n * 1009);
        var cases = numbers.Two().Zip(Gen.Elements(QuantityFormat.DecimalSI, QuantityFormat.BinarySI, QuantityFormat.DecimalExponent));
        Prop.ForAll(cases.ToArbitrary(), input =>
        {
            var ((a, b), format) = input;
            var sum = Quantity.FromMilli(a, format) + Quantity.FromMilli(b, format);
            return sum.MilliValue == a + b && Quantity.Parse(sum.ToString()) == sum;
        }).Holds();
    }

    [Fact]
    public void Parse_AgreesWithExactArithmetic()
    {
        var texts = from whole in Gen.Choose(0, 999_999)
                    from fraction in Gen.Choose(0, 999)
                    from suffix in Gen.Elements("", "m", "k", "M", "Ki", "Mi", "Gi")
                    select (Text: string.Create(CultureInfo.InvariantCulture, $"{whole}.{fraction:000}{suffix}"), whole, fraction, suffix);
        Prop.ForAll(texts.ToArbitrary(), input =>
        {
            BigInteger factor = input.suffix switch
            {
                "" => 1_000_000, "m" => 1_000, "k" => 1_000_000_000, "M" => 1_000_000_000_000,
                "Ki" => 1_024_000_000, "Mi" => 1_048_576_000_000, _ => 1_073_741_824_000_000,
            };
            var micro = ((input.whole * (BigInteger)1000) + input.fraction) * factor / 1000;
            var milli = (micro + 999) / 1000;
            return Quantity.Parse(input.Text).MilliValue == (long)BigInteger.Min(milli, long.MaxValue);
        }).Holds();
    }
}
