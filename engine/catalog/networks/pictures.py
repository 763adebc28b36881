"""Blocks and networks for pictures, as published; each names the paper and the number of its parameters."""

from engine.catalog.networks.drawing import Drawing, Wire
from engine.document.block import DrawnBlock

Blocks = tuple[DrawnBlock, ...]


def _conv_norm(drawing: Drawing, wire: Wire, activation: str = "", **attributes: object) -> tuple[Wire, Wire]:
    """A convolution without bias and a batch normalization, then maybe an activation; returns (end, convolution)."""
    conv = drawing.add("Conv2d", wire, bias=False, **attributes)  # type: ignore[arg-type]
    end = drawing.add("BatchNorm2d", conv)
    return (drawing.add(activation, end) if activation else end), conv


def residual() -> Blocks:
    """Two 3 × 3 convolutions whose answer is added to what came in (He and others, 2015, figure 2)."""
    drawing = Drawing("residual", "Residual")
    x = drawing.input()
    y, first = _conv_norm(drawing, x, "ReLU", out_channels=64, kernel_size=3, padding=1)
    y, second = _conv_norm(drawing, y, out_channels=64, kernel_size=3, padding=1)
    drawing.output(drawing.add("ReLU", drawing.add("Add", y, x)))
    drawing.expose("filters", (first, "out_channels"), (second, "out_channels"))
    return drawing.done()


def residual_down() -> Blocks:
    """A residual block that halves height and width; the way around is projected by a 1 × 1 convolution."""
    drawing = Drawing("residualdown", "Residual, halving")
    x = drawing.input()
    y, first = _conv_norm(drawing, x, "ReLU", out_channels=128, kernel_size=3, stride=2, padding=1)
    y, second = _conv_norm(drawing, y, out_channels=128, kernel_size=3, padding=1)
    around, third = _conv_norm(drawing, x, out_channels=128, kernel_size=1, stride=2)
    drawing.output(drawing.add("ReLU", drawing.add("Add", y, around)))
    drawing.expose("filters", *((wire, "out_channels") for wire in (first, second, third)))
    drawing.expose("stride", (first, "stride"), (third, "stride"))
    return drawing.done()


def bottleneck() -> Blocks:
    """1 × 1, 3 × 3 and 1 × 1 convolutions around a narrow middle, added to what came in (He and others, 2015)."""
    drawing = Drawing("bottleneck", "Bottleneck")
    x = drawing.input()
    y, first = _conv_norm(drawing, x, "ReLU", out_channels=64, kernel_size=1)
    y, second = _conv_norm(drawing, y, "ReLU", out_channels=64, kernel_size=3, padding=1)
    y, third = _conv_norm(drawing, y, out_channels=256, kernel_size=1)
    drawing.output(drawing.add("ReLU", drawing.add("Add", y, x)))
    drawing.expose("narrow", (first, "out_channels"), (second, "out_channels"))
    drawing.expose("filters", (third, "out_channels"))
    return drawing.done()


def bottleneck_down() -> Blocks:
    """A bottleneck block whose way around is projected; its 3 × 3 convolution may halve height and width."""
    drawing = Drawing("bottleneckdown", "Bottleneck, projecting")
    x = drawing.input()
    y, first = _conv_norm(drawing, x, "ReLU", out_channels=64, kernel_size=1)
    y, second = _conv_norm(drawing, y, "ReLU", out_channels=64, kernel_size=3, stride=2, padding=1)
    y, third = _conv_norm(drawing, y, out_channels=256, kernel_size=1)
    around, fourth = _conv_norm(drawing, x, out_channels=256, kernel_size=1, stride=2)
    drawing.output(drawing.add("ReLU", drawing.add("Add", y, around)))
    drawing.expose("narrow", (first, "out_channels"), (second, "out_channels"))
    drawing.expose("filters", (third, "out_channels"), (fourth, "out_channels"))
    drawing.expose("stride", (second, "stride"), (fourth, "stride"))
    return drawing.done()


def squeeze_excite() -> Blocks:
    """Weighs each channel by what the whole picture says (Hu and others, 2018)."""
    drawing = Drawing("squeezeexcite", "Squeeze and excite")
    x = drawing.input()
    y = drawing.add("AdaptiveAvgPool2d", x, output_size=1)
    narrow = drawing.add("Conv2d", y, out_channels=4, kernel_size=1)
    y = drawing.add("ReLU", narrow)
    wide = drawing.add("Conv2d", y, out_channels=64, kernel_size=1)
    y = drawing.add("Sigmoid", wide)
    drawing.output(drawing.add("Multiply", x, y))
    drawing.expose("narrow", (narrow, "out_channels"))
    drawing.expose("filters", (wide, "out_channels"))
    return drawing.done()


def squeeze_excite_residual() -> Blocks:
    """A residual block whose channels are weighed before the sum (Hu and others, 2018, SE-ResNet)."""
    drawing = Drawing("seresidual", "Squeeze-excite residual")
    x = drawing.input()
    y, first = _conv_norm(drawing, x, "ReLU", out_channels=64, kernel_size=3, padding=1)
    y, second = _conv_norm(drawing, y, out_channels=64, kernel_size=3, padding=1)
    y = drawing.block(squeeze_excite(), y)
    drawing.expose("filters", (first, "out_channels"), (second, "out_channels"), (y, "filters"))
    drawing.expose("narrow", (y, "narrow"))
    drawing.output(drawing.add("ReLU", drawing.add("Add", y, x)))
    return drawing.done()


def _inverted(name: str, title: str, *, expand: bool, skip: bool) -> Blocks:
    drawing = Drawing(name, title)
    x = drawing.input()
    y = x
    wide: list[tuple[Wire, str]] = []
    if expand:
        y, first = _conv_norm(drawing, y, "ReLU6", out_channels=96, kernel_size=1)
        wide.append((first, "out_channels"))
    width = 96 if expand else 32
    y, depth = _conv_norm(drawing, y, "ReLU6", out_channels=width, groups=width, kernel_size=3, padding=1)
    wide += [(depth, "out_channels"), (depth, "groups")]
    y, last = _conv_norm(drawing, y, out_channels=24, kernel_size=1)
    drawing.output(drawing.add("Add", y, x) if skip else y)
    drawing.expose("wide", *wide)
    drawing.expose("filters", (last, "out_channels"))
    if not skip:
        drawing.expose("stride", (depth, "stride"))
    return drawing.done()


def inverted_residual() -> Blocks:
    """Widens, looks at each channel by itself, narrows again, and adds what came in (Sandler and others, 2018)."""
    return _inverted("invertedresidual", "Inverted residual", expand=True, skip=True)


def inverted_step() -> Blocks:
    """An inverted residual block without the way around, where the size or the number of channels changes."""
    return _inverted("invertedstep", "Inverted residual, step", expand=True, skip=False)


def dense_layer() -> Blocks:
    """Adds 32 channels to those that came in, which stay (Huang and others, 2017, DenseNet-B)."""
    drawing = Drawing("denselayer", "Dense")
    x = drawing.input()
    y = drawing.chain(x, "BatchNorm2d", "ReLU")
    narrow = drawing.add("Conv2d", y, out_channels=128, kernel_size=1, bias=False)
    y = drawing.chain(narrow, "BatchNorm2d", "ReLU")
    new = drawing.add("Conv2d", y, out_channels=32, kernel_size=3, padding=1, bias=False)
    drawing.output(drawing.add("Concatenate", x, new, dim=1))
    drawing.expose("growth", (new, "out_channels"))
    drawing.expose("narrow", (narrow, "out_channels"))
    return drawing.done()


def dense_transition() -> Blocks:
    """Halves height and width between dense blocks (Huang and others, 2017)."""
    drawing = Drawing("densetransition", "Dense transition")
    y = drawing.chain(drawing.input(), "BatchNorm2d", "ReLU")
    conv = drawing.add("Conv2d", y, out_channels=128, kernel_size=1, bias=False)
    drawing.output(drawing.add("AvgPool2d", conv, kernel_size=2, stride=2))
    drawing.expose("filters", (conv, "out_channels"))
    return drawing.done()


def inception() -> Blocks:
    """Four ways side by side, 1 × 1, 3 × 3, 5 × 5 and pooling, joined (Szegedy and others, 2014, inception 3a)."""
    drawing = Drawing("inception", "Inception")
    x = drawing.input()
    one = drawing.add("Conv2d", x, out_channels=64, kernel_size=1)
    three_in = drawing.add("Conv2d", x, out_channels=96, kernel_size=1)
    three = drawing.add("Conv2d", drawing.add("ReLU", three_in), out_channels=128, kernel_size=3, padding=1)
    five_in = drawing.add("Conv2d", x, out_channels=16, kernel_size=1)
    five = drawing.add("Conv2d", drawing.add("ReLU", five_in), out_channels=32, kernel_size=5, padding=2)
    pool = drawing.add("MaxPool2d", x, kernel_size=3, stride=1, padding=1)
    pooled = drawing.add("Conv2d", pool, out_channels=32, kernel_size=1)
    joined = drawing.add("Concatenate", one, three, five, pooled, count=4, dim=1)
    drawing.output(drawing.add("ReLU", joined))
    for name, wire in (
        ("one", one),
        ("three_in", three_in),
        ("three", three),
        ("five_in", five_in),
        ("five", five),
        ("pool", pooled),
    ):
        drawing.expose(name, (wire, "out_channels"))
    return drawing.done()


def lenet5() -> Blocks:
    """LeNet-5 in its common form: 28 × 28 grey pictures of digits, 10 classes (LeCun and others, 1998)."""
    drawing = Drawing("lenet", "LeNet-5")
    y = drawing.add("Conv2d", drawing.input(), out_channels=6, kernel_size=5, padding=2)
    y = drawing.chain(y, "Tanh", ("AvgPool2d", {"kernel_size": 2}))
    y = drawing.add("Conv2d", y, out_channels=16, kernel_size=5)
    y = drawing.chain(y, "Tanh", ("AvgPool2d", {"kernel_size": 2}), "Flatten")
    for width in (120, 84):
        y = drawing.chain(y, ("Linear", {"out_features": width}), "Tanh")
    _classes(drawing, y, 10)
    return drawing.done()


def _classes(drawing: Drawing, wire: Wire, count: int) -> None:
    """The last layer, whose number of classes each instance sets for itself."""
    head = drawing.add("Linear", wire, out_features=count)
    drawing.expose("classes", (head, "out_features"))
    drawing.output(head)


def alexnet() -> Blocks:
    """AlexNet for 224 × 224 pictures and 1,000 classes, on one device (Krizhevsky, 2014)."""
    drawing = Drawing("alexnet", "AlexNet")
    y = drawing.input()
    for filters, kernel, stride, padding, pooled in (
        (64, 11, 4, 2, True),
        (192, 5, 1, 2, True),
        (384, 3, 1, 1, False),
        (256, 3, 1, 1, False),
        (256, 3, 1, 1, True),
    ):
        y = drawing.add("Conv2d", y, out_channels=filters, kernel_size=kernel, stride=stride, padding=padding)
        y = drawing.add("ReLU", y)
        if pooled:
            y = drawing.add("MaxPool2d", y, kernel_size=3, stride=2)
    y = drawing.chain(y, ("AdaptiveAvgPool2d", {"output_size": 6}), "Flatten")
    for _ in range(2):
        y = drawing.chain(y, ("Dropout", {"p": 0.5}), ("Linear", {"out_features": 4096}), "ReLU")
    _classes(drawing, y, 1000)
    return drawing.done()


def vgg16() -> Blocks:
    """VGG-16 for 224 × 224 pictures and 1,000 classes (Simonyan and Zisserman, 2014, configuration D)."""
    drawing = Drawing("vgg", "VGG-16")
    y = drawing.input()
    for filters, count in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(count):
            y = drawing.chain(y, ("Conv2d", {"out_channels": filters, "kernel_size": 3, "padding": 1}), "ReLU")
        y = drawing.add("MaxPool2d", y, kernel_size=2, stride=2)
    y = drawing.chain(y, ("AdaptiveAvgPool2d", {"output_size": 7}), "Flatten")
    for _ in range(2):
        y = drawing.chain(y, ("Linear", {"out_features": 4096}), "ReLU", ("Dropout", {"p": 0.5}))
    _classes(drawing, y, 1000)
    return drawing.done()


def _stem(drawing: Drawing) -> Wire:
    y, _ = _conv_norm(drawing, drawing.input(), "ReLU", out_channels=64, kernel_size=7, stride=2, padding=3)
    return drawing.add("MaxPool2d", y, kernel_size=3, stride=2, padding=1)


def resnet18() -> Blocks:
    """ResNet-18 for 224 × 224 pictures and 1,000 classes (He and others, 2015)."""
    drawing = Drawing("resnet18", "ResNet-18")
    y = drawing.block(residual(), _stem(drawing), repeat=2, filters=64)
    for filters in (128, 256, 512):
        y = drawing.block(residual_down(), y, filters=filters)
        y = drawing.block(residual(), y, filters=filters)
    _classes(drawing, drawing.add("GlobalAveragePool2d", y), 1000)
    return drawing.done()


def resnet50() -> Blocks:
    """ResNet-50 for 224 × 224 pictures and 1,000 classes (He and others, 2015; stride in the 3 × 3 convolution)."""
    drawing = Drawing("resnet50", "ResNet-50")
    y = _stem(drawing)
    for narrow, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        y = drawing.block(bottleneck_down(), y, narrow=narrow, filters=4 * narrow, stride=stride)
        y = drawing.block(bottleneck(), y, repeat=count - 1, narrow=narrow, filters=4 * narrow)
    _classes(drawing, drawing.add("GlobalAveragePool2d", y), 1000)
    return drawing.done()


def mobilenet_v2() -> Blocks:
    """MobileNetV2 for 224 × 224 pictures and 1,000 classes (Sandler and others, 2018)."""
    drawing = Drawing("mobilenet", "MobileNetV2")
    first = _inverted("invertedfirst", "Inverted residual, first", expand=False, skip=False)
    y, _ = _conv_norm(drawing, drawing.input(), "ReLU6", out_channels=32, kernel_size=3, stride=2, padding=1)
    y = drawing.block(first, y, wide=32, filters=16)
    before = 16
    for filters, count, stride in ((24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1)):
        y = drawing.block(inverted_step(), y, wide=6 * before, filters=filters, stride=stride)
        if count > 1:
            y = drawing.block(inverted_residual(), y, repeat=count - 1, wide=6 * filters, filters=filters)
        before = filters
    y, _ = _conv_norm(drawing, y, "ReLU6", out_channels=1280, kernel_size=1)
    _classes(drawing, drawing.chain(y, "GlobalAveragePool2d", ("Dropout", {"p": 0.2})), 1000)
    return drawing.done()


def _mbconv(name: str, title: str, *, expand: bool, skip: bool) -> Blocks:
    drawing = Drawing(name, title)
    x = drawing.input()
    y = x
    wide: list[tuple[Wire, str]] = []
    if expand:
        y, first = _conv_norm(drawing, y, "SiLU", out_channels=96, kernel_size=1)
        wide.append((first, "out_channels"))
    width = 96 if expand else 32
    y, depth = _conv_norm(drawing, y, "SiLU", out_channels=width, groups=width, kernel_size=3, padding=1)
    pooled = drawing.add("AdaptiveAvgPool2d", y, output_size=1)
    narrow = drawing.add("Conv2d", pooled, out_channels=4, kernel_size=1)
    weighed = drawing.add("Conv2d", drawing.add("SiLU", narrow), out_channels=width, kernel_size=1)
    y = drawing.add("Multiply", y, drawing.add("Sigmoid", weighed))
    y, last = _conv_norm(drawing, y, out_channels=24, kernel_size=1)
    drawing.output(drawing.add("Add", y, x) if skip else y)
    drawing.expose("wide", *wide, (depth, "out_channels"), (depth, "groups"), (weighed, "out_channels"))
    drawing.expose("narrow", (narrow, "out_channels"))
    drawing.expose("filters", (last, "out_channels"))
    drawing.expose("kernel", (depth, "kernel_size"))
    drawing.expose("padding", (depth, "padding"))
    if not skip:
        drawing.expose("stride", (depth, "stride"))
    return drawing.done()


def efficientnet_b0() -> Blocks:
    """EfficientNet-B0 for 224 × 224 pictures and 1,000 classes (Tan and Le, 2019), without stochastic depth."""
    drawing = Drawing("efficientnet", "EfficientNet-B0")
    first = _mbconv("mbconvfirst", "MBConv, first", expand=False, skip=False)
    step = _mbconv("mbconvstep", "MBConv, step", expand=True, skip=False)
    again = _mbconv("mbconv", "MBConv", expand=True, skip=True)
    y, _ = _conv_norm(drawing, drawing.input(), "SiLU", out_channels=32, kernel_size=3, stride=2, padding=1)
    y = drawing.block(first, y, wide=32, narrow=8, filters=16)
    before = 16
    for filters, count, stride, kernel in (
        (24, 2, 2, 3),
        (40, 2, 2, 5),
        (80, 3, 2, 3),
        (112, 3, 1, 5),
        (192, 4, 2, 5),
        (320, 1, 1, 3),
    ):
        y = drawing.block(
            step,
            y,
            wide=6 * before,
            narrow=before // 4,
            filters=filters,
            stride=stride,
            kernel=kernel,
            padding=kernel // 2,
        )
        if count > 1:
            y = drawing.block(
                again,
                y,
                repeat=count - 1,
                wide=6 * filters,
                narrow=filters // 4,
                filters=filters,
                kernel=kernel,
                padding=kernel // 2,
            )
        before = filters
    y, _ = _conv_norm(drawing, y, "SiLU", out_channels=1280, kernel_size=1)
    _classes(drawing, drawing.chain(y, "GlobalAveragePool2d", ("Dropout", {"p": 0.2})), 1000)
    return drawing.done()


def densenet121() -> Blocks:
    """DenseNet-121 for 224 × 224 pictures and 1,000 classes (Huang and others, 2017)."""
    drawing = Drawing("densenet", "DenseNet-121")
    y = _stem(drawing)
    channels = 64
    for number, count in enumerate((6, 12, 24, 16)):
        if number:
            channels //= 2
            y = drawing.block(dense_transition(), y, filters=channels)
        y = drawing.block(dense_layer(), y, repeat=count)
        channels += 32 * count
    _classes(drawing, drawing.chain(y, "BatchNorm2d", "ReLU", "GlobalAveragePool2d"), 1000)
    return drawing.done()


def _double_conv() -> Blocks:
    drawing = Drawing("doubleconv", "Two convolutions")
    y = drawing.input()
    first = drawing.add("Conv2d", y, out_channels=64, kernel_size=3, padding=1)
    second = drawing.add("Conv2d", drawing.add("ReLU", first), out_channels=64, kernel_size=3, padding=1)
    drawing.output(drawing.add("ReLU", second))
    drawing.expose("filters", (first, "out_channels"), (second, "out_channels"))
    return drawing.done()


def unet_stage() -> Blocks:
    """One step of the way up: enlarge, join with what the way down saw, two convolutions (Ronneberger, 2015)."""
    drawing = Drawing("unetstage", "U-Net stage")
    x, seen = drawing.input("from below"), drawing.input("from the way down")
    up = drawing.add("ConvTranspose2d", x, out_channels=64, kernel_size=2, stride=2)
    y = drawing.block(_double_conv(), drawing.add("Concatenate", seen, up, dim=1))
    drawing.output(y)
    drawing.expose("filters", (up, "out_channels"), (y, "filters"))
    return drawing.done()


def unet() -> Blocks:
    """U-Net: a mask of two classes for a grey picture, with borders kept (Ronneberger, Fischer and Brox, 2015)."""
    drawing = Drawing("unet", "U-Net")
    y = drawing.input()
    seen = []
    for filters in (64, 128, 256, 512):
        y = drawing.block(_double_conv(), y, filters=filters)
        seen.append(y)
        y = drawing.add("MaxPool2d", y, kernel_size=2)
    y = drawing.block(_double_conv(), y, filters=1024)
    for filters in (512, 256, 128, 64):
        y = drawing.block(unet_stage(), y, seen.pop(), filters=filters)
    head = drawing.add("Conv2d", y, out_channels=2, kernel_size=1)
    drawing.expose("classes", (head, "out_channels"))
    drawing.output(head)
    return drawing.done()


def dcgan_generator() -> Blocks:
    """The generator of DCGAN: 100 random numbers to a 64 × 64 picture (Radford and others, 2015)."""
    drawing = Drawing("dcgangenerator", "DCGAN generator")
    y = drawing.chain(drawing.input("noise"), ("Unflatten", {"dim": 1, "unflattened_size": [100, 1, 1]}))
    y = drawing.add("ConvTranspose2d", y, out_channels=512, kernel_size=4, bias=False)
    for filters in (256, 128, 64):
        y = drawing.chain(y, "BatchNorm2d", "ReLU")
        y = drawing.add("ConvTranspose2d", y, out_channels=filters, kernel_size=4, stride=2, padding=1, bias=False)
    y = drawing.chain(y, "BatchNorm2d", "ReLU")
    y = drawing.add("ConvTranspose2d", y, out_channels=3, kernel_size=4, stride=2, padding=1, bias=False)
    drawing.output(drawing.add("Tanh", y))
    return drawing.done()


def dcgan_discriminator() -> Blocks:
    """The discriminator of DCGAN: a 64 × 64 picture to one number, real or not (Radford and others, 2015)."""
    drawing = Drawing("dcgandiscriminator", "DCGAN discriminator")
    y = drawing.input()
    leaky = ("LeakyReLU", {"negative_slope": 0.2})
    for number, filters in enumerate((64, 128, 256, 512)):
        y = drawing.add("Conv2d", y, out_channels=filters, kernel_size=4, stride=2, padding=1, bias=False)
        y = drawing.chain(y, *(("BatchNorm2d",) if number else ()), leaky)  # type: ignore[arg-type]
    y = drawing.add("Conv2d", y, out_channels=1, kernel_size=4, bias=False)
    drawing.output(drawing.add("Flatten", y))
    return drawing.done()
