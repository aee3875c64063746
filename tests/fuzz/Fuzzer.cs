using System.Diagnostics;
using System.Globalization;

namespace Podwire.Fuzz;

/// <summary>
/// Feeds a decoder mutations of samples for half a second, or for FUZZ_SECONDS. Exceptions of the kinds that the decoder documents are
/// answers; anything else fails the test with the seed and the input. FUZZ_SEED repeats a run. With FUZZ_LOG a line per decoder is
/// appended to that file: name, seed, inputs, how many were taken, inputs per second. A source file that suites link in: see tests/README.md.
/// </summary>
internal static class Fuzzer
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(0.5);

    /// <summary>Runs one decoder.</summary>
    /// <param name="name">What the line in the log begins with.</param>
    /// <param name="samples">What is mutated; each must be taken as it is.</param>
    /// <param name="decode">The decoder.</param>
    /// <param name="isAnswer">True for an exception that the decoder may answer with.</param>
    public static void Run(string name, IReadOnlyList<byte[]> samples, Action<byte[]> decode, Func<Exception, bool> isAnswer)
    {
        foreach (var sample in samples)
        {
            decode(sample);
        }

        var seed = int.TryParse(Environment.GetEnvironmentVariable("FUZZ_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        var span = double.TryParse(Environment.GetEnvironmentVariable("FUZZ_SECONDS"), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : Default;
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        long inputs = 0, taken = 0;
        for (; clock.Elapsed < span; inputs++)
        {
            var bytes = Mutate(samples, random);
            try
            {
                decode(bytes);
                taken++;
            }
            catch (Exception e) when (isAnswer(e))
            {
                // Refused as it should be.
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}: seed {seed}, input {inputs}: {e.GetType().Name}: {e.Message} on {Convert.ToBase64String(bytes)}{Environment.NewLine}{e.StackTrace}");
            }
        }

        if (Environment.GetEnvironmentVariable("FUZZ_LOG") is { Length: > 0 } log)
        {
            File.AppendAllText(log, string.Create(CultureInfo.InvariantCulture, $"{name,-36} seed {seed,-11} {inputs,11} inputs, {100.0 * taken / inputs,5:F1}% taken, {inputs / clock.Elapsed.TotalSeconds,9:F0}/s{Environment.NewLine}"));
        }
    }

    private static byte[] Mutate(IReadOnlyList<byte[]> samples, Random random)
    {
        var bytes = samples[random.Next(samples.Count)].ToList();
        for (var i = random.Next(1, 6); i > 0 && bytes.Count > 0; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 3:
                    bytes[at] = (byte)"{}[]\",:0-\\ntf"[random.Next(13)];
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 5:
                    var other = samples[random.Next(samples.Count)];
                    var from = random.Next(other.Length);
                    bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 40))]);
                    break;
                case 6:
                    var length = Math.Min(random.Next(1, 9), bytes.Count - at);
                    var fill = (byte)(random.Next(2) * 0xff);
                    for (var j = 0; j < length; j++)
                    {
                        bytes[at + j] = fill;
                    }

                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return [.. bytes];
    }
}
