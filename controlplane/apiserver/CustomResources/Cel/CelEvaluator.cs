namespace Podwire.ApiServer.CustomResources.Cel;

/// <summary>Evaluates a compiled expression for one object; a bounded number of steps, so that no rule holds the server up.</summary>
internal sealed class CelEvaluator(Dictionary<string, object?> variables)
{
    private const int MostSteps = 1_000_000;
    private int steps;

    /// <exception cref="CelException">The expression has no value: a field is missing, types do not fit, or it takes too many steps.</exception>
    public object? Evaluate(CelNode node)
    {
        if (++steps > MostSteps)
        {
            throw new CelException("the expression takes too many steps for this object");
        }

        return node switch
        {
            CelNode.Literal literal => literal.Value,
            CelNode.Name name => variables[name.Text],
            CelNode.Select select => CelValue.TryField(Evaluate(select.Of), select.Field, out var field) ? field : throw new CelException($"no such key: {select.Field}"),
            CelNode.Has has => CelValue.TryField(Evaluate(has.Of), has.Field, out _),
            CelNode.Index index => At(Evaluate(index.Of), Evaluate(index.At)),
            CelNode.List list => list.Items.Select(Evaluate).ToList(),
            CelNode.Map map => map.Entries.ToDictionary(entry => CelValue.Text(Evaluate(entry.Key)), entry => Evaluate(entry.Value)),
            CelNode.Conditional conditional => Evaluate(Truth(Evaluate(conditional.If)) ? conditional.Then : conditional.Else),
            CelNode.Unary { Operator: "!" } not => !Truth(Evaluate(not.Of)),
            CelNode.Unary minus => Evaluate(minus.Of) switch { long whole => -whole, double number => -number, var other => throw NoOverload("-", other, null) },
            CelNode.Binary binary => Binary(binary),
            CelNode.Call call => CelFunctions.Call(call.Function, call.Target is null ? null : Evaluate(call.Target), [.. call.Arguments.Select(Evaluate)]),
            CelNode.Each each => Each(each),
            _ => throw new CelException($"unknown node {node}"),
        };
    }

    public static object Add(object? left, object? right) => (left, right) switch
    {
        (long a, long b) => checked(a + b),
        (string a, string b) => a + b,
        _ when CelValue.IsNumber(left) && CelValue.IsNumber(right) => Convert.ToDouble(left) + Convert.ToDouble(right),
        _ when CelValue.IsList(left) && CelValue.IsList(right) => CelValue.Items(left).Concat(CelValue.Items(right)).ToList(),
        _ => throw NoOverload("+", left, right),
    };

    private static bool Truth(object? value) => value as bool? ?? throw new CelException($"{CelValue.Describe(value)} where a bool is needed");

    private static CelException NoOverload(string name, object? left, object? right) =>
        new($"no such overload: {CelValue.Describe(left)} {name} {CelValue.Describe(right)}");

    private static object? At(object? of, object? at)
    {
        if (CelValue.IsList(of))
        {
            return at is long index && index >= 0 && index < CelValue.Count(of)
                ? CelValue.Items(of).ElementAt((int)index)
                : throw new CelException($"index out of bounds: {at}");
        }

        return CelValue.TryField(of, CelValue.Text(at), out var field) ? field : throw new CelException($"no such key: {at}");
    }

    private object? Binary(CelNode.Binary binary)
    {
        if (binary.Operator is "&&" or "||")
        {
            return Logic(binary);
        }

        var (left, right) = (Evaluate(binary.Left), Evaluate(binary.Right));
        try
        {
            return binary.Operator switch
            {
                "==" => CelValue.Equals(left, right),
                "!=" => !CelValue.Equals(left, right),
                "<" => CelValue.Compare(left, right) < 0,
                "<=" => CelValue.Compare(left, right) <= 0,
                ">" => CelValue.Compare(left, right) > 0,
                ">=" => CelValue.Compare(left, right) >= 0,
                "in" => CelValue.Items(right).Any(item => CelValue.Equals(left, item)),
                "+" => Add(left, right),
                _ => Arithmetic(binary.Operator, left, right),
            };
        }
        catch (ArithmeticException error)
        {
            throw new CelException(error.Message);
        }
    }

    /// <summary>One side that decides makes up for an error of the other, whichever stands first.</summary>
    private object Logic(CelNode.Binary binary)
    {
        var decides = binary.Operator == "||";
        CelException? failure = null;
        foreach (var side in new[] { binary.Left, binary.Right })
        {
            try
            {
                if (Truth(Evaluate(side)) == decides)
                {
                    return decides;
                }
            }
            catch (CelException error)
            {
                failure ??= error;
            }
        }

        return failure is null ? !decides : throw failure;
    }

    private static object Arithmetic(string name, object? left, object? right)
    {
        if (left is long a && right is long b)
        {
            return name switch
            {
                "-" => checked(a - b),
                "*" => checked(a * b),
                "/" => a / b,
                _ => a % b,
            };
        }

        if (!CelValue.IsNumber(left) || !CelValue.IsNumber(right) || name == "%")
        {
            throw NoOverload(name, left, right);
        }

        var (x, y) = (Convert.ToDouble(left), Convert.ToDouble(right));
        return name switch { "-" => x - y, "*" => x * y, _ => x / y };
    }

    private object? Each(CelNode.Each each)
    {
        var of = Evaluate(each.Of);
        var had = variables.TryGetValue(each.Variable, out var outer);
        var (matches, total, results) = (0, 0, new List<object?>());
        CelException? failure = null;
        foreach (var item in CelValue.Items(of))
        {
            variables[each.Variable] = item;
            total++;
            try
            {
                switch (each.Macro)
                {
                    case "map":
                        if (each.Where is null || Truth(Evaluate(each.Where)))
                        {
                            results.Add(Evaluate(each.Body));
                        }

                        break;
                    default:
                        if (Truth(Evaluate(each.Body)))
                        {
                            matches++;
                            results.Add(item);
                        }

                        break;
                }
            }
            catch (CelException error) when (each.Macro is "all" or "exists" && steps <= MostSteps)
            {
                // As with && and ||: an item that decides makes up for the error of another.
                (failure, total) = (failure ?? error, total - 1);
            }
        }

        if (had)
        {
            variables[each.Variable] = outer;
        }
        else
        {
            variables.Remove(each.Variable);
        }

        return each.Macro switch
        {
            "all" => matches < total ? false : failure is null ? true : throw failure,
            "exists" => matches > 0 ? true : failure is null ? false : throw failure,
            "exists_one" => matches == 1,
            _ => results,
        };
    }
}
