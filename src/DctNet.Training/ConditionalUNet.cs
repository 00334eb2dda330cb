using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace DctNet.Training;

/// <summary>
/// The student: one U-Net for all styles. On the way down the styles of a family share their kernels, and a style vector scales and shifts every
/// channel (FiLM, Perez et al. 2018); on the way up, and in the colour matrix of the residual path, every style has kernels of its own. The vector
/// mixes kernels (Yang et al. 2019). No normalisation, so that tiles and sizes agree.
/// </summary>
/// <remarks>
/// It works on 2 × 2 pixel blocks (space to depth) at three scales, 1/2, 1/4 and 1/8: about 52 thousand multiply-adds a pixel. A style
/// vector weighs the styles and sums to 1, so that a linear map without bias is a weighted mean over the styles.
/// </remarks>
internal sealed class ConditionalUNet : IDisposable
{
    public const int Half = 48;
    public const int Quarter = 64;
    public const int Eighth = 128;
    public const int BlockChannels = 12;

    /// <summary>Slope of LeakyReLU below zero; the teacher's.</summary>
    public const float Slope = 0.2f;

    /// <summary>No kernel is divided by less.</summary>
    public const float LeastLength = 1e-12f;

    /// <summary>Height and width of the input must be multiples of this.</summary>
    public const int SizeMultiple = 8;

    // Held for the life of the network: a Scalar made for one call may be collected while the native code still uses it.
    private readonly Scalar _slope = Slope.ToScalar();
    private readonly Scalar _least = LeastLength.ToScalar();
    private readonly IReadOnlyList<int> _families;
    private readonly OrderedDictionary<string, Tensor[]> _sets = [];

    /// <param name="families">For each style the number of its family, from 0.</param>
    /// <param name="seed">Of the random weights.</param>
    public ConditionalUNet(IReadOnlyList<int> families, int seed)
    {
        (_families, Styles, Families) = (families, families.Count, families.Max() + 1);
        var member = new float[Styles * Families];
        for (var style = 0; style < Styles; style++)
        {
            member[(style * Families) + families[style]] = 1;
        }

        FamilyOfStyle = tensor(member, [Styles, Families]).DetachFromDisposeScope();
        var random = new Random(seed);
        foreach (var layer in Layers)
        {
            // He et al. 2015, for LeakyReLU; what is added to a skip starts smaller.
            var deviation = Math.Sqrt(2 / (1 + (Slope * Slope)) / (layer.Input * layer.Kernel * layer.Kernel)) * (layer.Activated ? 1 : 0.3);
            Add($"{layer.Name}.weight", Sets(layer), layer.Shape, () => Gaussian(random) * deviation);
            if (!layer.Styled)
            {
                Add($"{layer.Name}.scale", Styles, [layer.Output], () => 1);
            }

            Add($"{layer.Name}.bias", Styles, [layer.Output], () => 0);
        }

        var i = 0;
        Add("colour.weight", Styles, [9], () => i++ % 9 % 4 == 0 ? 1 : 0);
        Parameters = [.. _sets.Values.SelectMany(sets => sets)];
    }

    /// <summary>The convolutions in the order in which they run; the exporter follows the same list.</summary>
    public static IReadOnlyList<Layer> Layers { get; } =
    [
        new("enter1", BlockChannels, Half), new("enter2", Half, Half),
        new("down1", Half, Quarter, Stride: 2), new("down2", Quarter, Quarter),
        new("deep0", Quarter, Eighth, Stride: 2),
        new("deep1a", Eighth, Eighth), new("deep1b", Eighth, Eighth, Activated: false),
        new("deep2a", Eighth, Eighth), new("deep2b", Eighth, Eighth, Activated: false),
        new("deep3a", Eighth, Eighth), new("deep3b", Eighth, Eighth, Activated: false),
        new("lift2", Eighth, Quarter, Kernel: 1, Activated: false, Styled: true),
        new("up2a", Quarter, Quarter, Styled: true), new("up2b", Quarter, Quarter, Styled: true),
        new("up2c", Quarter, Quarter, Styled: true), new("up2d", Quarter, Quarter, Activated: false, Styled: true),
        new("lift1", Quarter, Half, Kernel: 1, Activated: false, Styled: true),
        new("up1a", Half, Half, Styled: true), new("up1b", Half, Half, Styled: true), new("up1c", Half, Half, Styled: true),
        new("head", Half, BlockChannels, Activated: false, Styled: true),
    ];

    public int Styles { get; }

    public int Families { get; }

    /// <summary>Which styles a family has: 1 where it has, <c>[styles, families]</c>.</summary>
    public Tensor FamilyOfStyle { get; }

    /// <summary>Type of the convolutions' arithmetic; the parameters stay float32.</summary>
    public ScalarType Precision { get; init; } = ScalarType.Float32;

    /// <summary>By name, and of a name one after the other: a kernel <c>[outputs, inputs, height, width]</c> or a vector for each style or family.</summary>
    public IReadOnlyList<Tensor> Parameters { get; }

    public IEnumerable<string> ParameterNames => _sets.Keys;

    /// <summary>All of a name: a row, flat, for each style or family.</summary>
    public float[] Values(string name) => [.. _sets[name].SelectMany(set => MemoryMarshal.Cast<byte, float>(set.bytes).ToArray())];

    /// <summary>What one style draws. Only its own parameters and its family's take part.</summary>
    /// <param name="image">RGB, <c>[1, 3, H, W]</c>, −1..1.</param>
    /// <param name="style">Index of the style.</param>
    /// <returns>RGB, <c>[1, 3, H, W]</c>, about −1..1, not clipped.</returns>
    public Tensor Forward(Tensor image, int style)
        => Forward(image, layer => _sets[$"{layer.Name}.weight"][layer.Styled ? style : _families[style]], name => _sets[name][style]);

    /// <summary>What a mixture of styles draws.</summary>
    /// <param name="image">RGB, <c>[1, 3, H, W]</c>, −1..1.</param>
    /// <param name="style">Weights over the styles, <c>[1, styles]</c>, summing to 1.</param>
    /// <param name="learner">The style that learns: only its own parameters and its family's get a gradient.</param>
    /// <returns>As of one style.</returns>
    public Tensor Forward(Tensor image, Tensor style, int learner)
        => Forward(
            image,
            layer => layer.Styled ? Mixed(layer, style, learner) : Mixed(layer, style.mm(FamilyOfStyle), _families[learner]),
            name => style.mm(Stacked(name, learner)).view(-1));

    /// <summary>Puts a flat vector into the parameters, in their order.</summary>
    /// <exception cref="InvalidDataException">It is of another network.</exception>
    public void Fill(ReadOnlySpan<float> values)
    {
        foreach (var parameter in Parameters)
        {
            var target = MemoryMarshal.Cast<byte, float>(parameter.bytes);
            if (values.Length < target.Length)
            {
                throw new InvalidDataException("There are fewer values than this network has.");
            }

            values[..target.Length].CopyTo(target);
            values = values[target.Length..];
        }

        if (!values.IsEmpty)
        {
            throw new InvalidDataException($"There are {values.Length} values more than this network has.");
        }
    }

    /// <summary>Adds gain · (x − pivot) to what a style draws of a photo x in −1..1: more contrast, or with a gain below 0 less.</summary>
    public void Stretch(int style, float gain, float pivot)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        _sets["colour.weight"][style].add_((eye(3) * gain).flatten());
        _sets["head.bias"][style].sub_(full([BlockChannels], gain * pivot));
    }

    /// <summary>How many sets of kernels a layer has.</summary>
    public int Sets(Layer layer) => layer.Styled ? Styles : Families;

    /// <summary>Lengths of a layer's kernels, <c>[sets, outputs]</c>.</summary>
    public Tensor Lengths(Layer layer) => stack(_sets[$"{layer.Name}.weight"]).flatten(2).norm(2);

    public void Dispose()
    {
        foreach (var parameter in Parameters)
        {
            parameter.Dispose();
        }

        FamilyOfStyle.Dispose();
        _slope.Dispose();
        _least.Dispose();
    }

    private static Tensor Double(Tensor x) => nn.functional.interpolate(x, scale_factor: [2.0, 2.0], mode: InterpolationMode.Nearest);

    // The same values with the channels of a pixel together: what follows keeps the order, and is a third faster with it.
    private static Tensor ChannelsLast(Tensor x) => x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);

    private static double Gaussian(Random random)
        => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private Tensor Forward(Tensor image, Func<Layer, Tensor> kernels, Func<string, Tensor> vector)
    {
        var enter = Conv("enter2", Conv("enter1", ChannelsLast(nn.functional.pixel_unshuffle(image, 2).to(Precision))));
        var down = Conv("down2", Conv("down1", enter));
        var deep = Conv("deep0", down);
        deep = deep + Conv("deep1b", Conv("deep1a", deep));
        deep = deep + Conv("deep2b", Conv("deep2a", deep));
        deep = deep + Conv("deep3b", Conv("deep3a", deep));
        var up = Conv("up2b", Conv("up2a", down + Double(Conv("lift2", deep))));
        up = up + Conv("up2d", Conv("up2c", up));
        up = Conv("up1b", Conv("up1a", enter + Double(Conv("lift1", up))));
        up = up + Conv("up1c", up);
        var colour = vector("colour.weight").view(1, 3, 3).bmm(image.flatten(2)).view(image.shape);
        return nn.functional.pixel_shuffle(Conv("head", up).to(ScalarType.Float32), 2) + colour;

        Tensor Conv(string name, Tensor x)
        {
            var layer = Layers.First(l => l.Name == name);
            var weights = kernels(layer);
            if (!layer.Styled)
            {
                // Scaling the kernels scales what they give; those are fewer values, and nothing of them is kept for the way back.
                weights = weights * vector($"{name}.scale").view(-1, 1, 1, 1);
            }

            var y = nn.functional.conv2d(
                x,
                ChannelsLast(weights.to(Precision)),
                vector($"{name}.bias").to(Precision),
                strides: [layer.Stride, layer.Stride],
                padding: [layer.Kernel / 2, layer.Kernel / 2]);
            return layer.Activated ? y.leaky_relu_(_slope) : y;
        }
    }

    // The mean of kernels that are not alike is shorter than they are, and ten layers of it fade: it is brought to their mean length.
    private Tensor Mixed(Layer layer, Tensor parts, int learner)
    {
        var sets = Stacked($"{layer.Name}.weight", learner).flatten(2);
        var kernels = parts.mm(sets.flatten(1)).view(layer.Output, -1);
        var factors = parts.mm(sets.norm(2)).view(-1, 1) / kernels.norm(1, keepdim: true).clamp_min(_least);
        return (kernels * factors).view(layer.Shape);
    }

    // A parameter that takes no part has no gradient, and so takes no step; see Soap.
    private Tensor Stacked(string name, int learner) => stack(_sets[name].Select((set, i) => i == learner ? set : set.detach()));

    private void Add(string name, int sets, long[] shape, Func<double> value)
    {
        _sets[name] = new Tensor[sets];
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (var set = 0; set < sets; set++)
        {
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = (float)value();
            }

            _sets[name][set] = tensor(values, shape, requires_grad: true).DetachFromDisposeScope();
        }
    }

    /// <summary>
    /// One convolution, with a bias per style and channel; and with kernels per style if <paramref name="Styled"/>, or per family and a scale per
    /// style and channel.
    /// </summary>
    internal sealed record Layer(string Name, int Input, int Output, int Kernel = 3, int Stride = 1, bool Activated = true, bool Styled = false)
    {
        public long[] Shape => [Output, Input, Kernel, Kernel];

        public long Weights => (long)Output * Input * Kernel * Kernel;
    }
}
